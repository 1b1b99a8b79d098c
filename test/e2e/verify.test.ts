import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Program, start } from './program.ts'
import { terminal } from './terminal.ts'
import { expectStatuses, parcel, startReceiver, startServer } from './transfer.ts'

const QUESTION = 'Does the other side show the same words?'
const env = { TERM: 'xterm', NO_COLOR: '1' }
/** Four words on a line of their own. */
const WORDS = /^ {2}([a-z]+ [a-z]+ [a-z]+ [a-z]+)\r?$/m

const wordsOf = ({ stdout, stderr }: Program) => WORDS.exec(stdout + stderr)?.[1]

async function startVerifyingSender(file: string, through: readonly string[]) {
  const { server } = await startServer()
  const flags = ['--rendezvous', server, '--verify']
  const sender = start(['send', file, ...flags], { through, env })
  await sender.text('Waiting', 'stdout')
  const code = /p2pshare receive (\S+)/.exec(sender.stdout)?.[1] ?? ''
  return { sender, code }
}

describe('send --verify', () => {
  it('shows the same words on both sides, and offers nothing before the yes', async (context) => {
    const { file, output, name } = parcel(1000)
    const { sender, code } = await startVerifyingSender(file, terminal(context))
    const receiver = startReceiver(code, output, {})
    const { words } = await receiver.event('verify')
    await sender.text(QUESTION, 'stdout')
    expect(wordsOf(sender)).toBe(words)
    expect(receiver.eventsOf('offer')).toEqual([])
    sender.type('y\r')
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(readdirSync(output)).toEqual([name])
  })

  it('ends both sides with status 9 on a no, and nothing is sent', async (context) => {
    const { file, output } = parcel(1000)
    const { sender, code } = await startVerifyingSender(file, terminal(context))
    const receiver = startReceiver(code, output, {})
    await sender.text(QUESTION, 'stdout')
    sender.type('n\r')
    await expectStatuses({ sender, receiver }, { sender: 9, receiver: 9 })
    expect(receiver.eventsOf('offer')).toEqual([])
    expect(receiver.events.at(-1)).toMatchObject({ event: 'error', code: 'not-verified' })
    expect(readdirSync(output)).toEqual([])
  })

  it('needs somebody who answers', async () => {
    const sender = start(['send', parcel(1).file, '--verify'])
    expect((await sender.exit).status).toBe(2)
    expect(sender.stderr).toContain('There is no terminal to ask whether the words are the same')
  })
})

describe('receive --verify', () => {
  it.for([
    ['y', { sender: 0, receiver: 0 }],
    ['n', { sender: 9, receiver: 9 }],
  ] as const)('asks before the offer is shown: %s', async ([answer, statuses], context) => {
    const { file, output } = parcel(1000)
    const { server } = await startServer()
    const sender = start(['send', file, '--rendezvous', server])
    await sender.text('Waiting', 'stderr')
    const code = /p2pshare receive (\S+)/.exec(sender.stderr)?.[1] ?? ''
    const options = { through: terminal(context), env, cwd: output }
    const receiver = start(['receive', code, '--verify', '--yes'], options)
    await receiver.text(QUESTION, 'stdout')
    expect(receiver.stdout).not.toContain('a file.bin')
    receiver.type(`${answer}\r`)
    await expectStatuses({ sender, receiver }, statuses)
    expect(wordsOf(sender)).toBe(wordsOf(receiver))
    expect(readdirSync(output)).toHaveLength(answer === 'y' ? 1 : 0)
  })
})
