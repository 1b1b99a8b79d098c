import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import type { Program } from './program.ts'
import { start } from './program.ts'
import { expectStatuses, parcel, startReceiver, startServer, startTransfer } from './transfer.ts'

describe('--json', () => {
  it('writes events in their order, a line each, and nothing else', async () => {
    const transfer = await startTransfer(parcel(64 * MIB), await startServer())
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    const { sender, receiver } = transfer
    expectJsonLines(sender)
    expectJsonLines(receiver)
    expect(milestones(sender)).toBe('code waiting connected offer file done')
    expect(milestones(receiver)).toMatch(/^(waiting )?connected offer file done$/)
    const files = [sender, receiver].map((side) => side.eventsOf('file')[0]?.sha256)
    expect(files[0]).toBe(files[1])
    expect(sender.eventsOf('connected')[0]).toMatchObject({ path: 'direct' })
  })
})

describe('--debug', () => {
  it.each([
    ['a transfer that works', 0, (code: string) => code],
    ['a wrong code', 3, (code: string) => `${code.split('-')[0]}-zoo-zebra-zone-zero`],
  ])('tells much of %s, but not the code', async (_what, status, typed) => {
    const { server } = await startServer()
    const what = parcel(1000)
    const env = { P2PSHARE_RENDEZVOUS: server, P2PSHARE_DEBUG: '1' }
    const sender = start(['send', what.file, '--json'], { env })
    const { code } = await sender.event('code')
    const P2PSHARE_CODE = typed(code)
    const receiving = ['receive', '--yes', '-o', what.output]
    const receiver = start(receiving, { env: { ...env, P2PSHARE_CODE } })
    await expectStatuses({ sender, receiver }, { sender: status, receiver: status })
    for (const { stderr } of [sender, receiver]) expect(stderr.length).toBeGreaterThan(100)
    const [, ...words] = P2PSHARE_CODE.split('-')
    expect(`${receiver.stdout}${receiver.stderr}`).not.toContain(words.join('-'))
  })
})

describe('--quiet', () => {
  it('has a sender print its code and a receiver print nothing', async () => {
    const { server } = await startServer()
    const what = parcel(1000)
    const sender = start(['send', what.file, '--quiet', '--rendezvous', server])
    await sender.text('\n', 'stdout')
    const code = sender.stdout.trimEnd()
    const receiver = start(['receive', code, '--yes', '--quiet', '-o', what.output])
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(sender.stdout).toMatch(/^\d+(-[a-z]+){4}@127\.0\.0\.1:\d+\n$/)
    expect([sender.stderr, receiver.stdout, receiver.stderr]).toEqual(['', '', ''])
  })
})

describe('without a terminal', () => {
  it('plain lines go to standard error, and nothing to standard output', async () => {
    const { server } = await startServer()
    const what = parcel(1000)
    const sender = start(['send', what.file, '--rendezvous', server])
    await sender.text('Waiting', 'stderr')
    const [code = ''] = /\d+(-[a-z]+){4}@\S+/.exec(sender.stderr) ?? []
    const receiver = start(['receive', code, '--yes'], { cwd: what.output })
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    for (const { stdout, stderr } of [sender, receiver]) {
      expect(stdout).toBe('')
      expect(stderr).not.toMatch(/[^\n -~]/)
    }
    expect(sender.stderr).toMatch(/\nSent a file\.bin: .*\n$/)
    expect(receiver.stderr).toMatch(/\nSaved \.\/a file\.bin: .*\n$/)
  })

  it('a failing transfer says why in events, whose last has the exit status', async () => {
    const receiver = startReceiver('no code', '.', {})
    expect(await receiver.exit).toMatchObject({ status: 2 })
    expectJsonLines(receiver)
    expect(receiver.events).toMatchObject([{ event: 'error', code: 'usage', exit: 2 }])
  })
})

/** Fails unless all that `program` wrote is JSON lines with a version, ever later, and progress. */
function expectJsonLines({ stdout, stderr, events }: Program): void {
  expect(stderr).toBe('')
  expect(stdout.endsWith('\n')).toBe(true)
  expect(stdout.trimEnd().split('\n')).toHaveLength(events.length)
  const times = events.map(({ v, time }) => {
    expect(v).toBe(1)
    return Date.parse(time)
  })
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  const progress = events.filter((event) => event.event === 'progress')
  const bytes = progress.map((event) => event.bytes)
  expect(bytes).toEqual(bytes.toSorted((one, other) => one - other))
  expect(bytes.at(-1)).toBe(progress.at(-1)?.total)
}

/** The names of all events but those that come as it happens to go: progress, and another path. */
function milestones({ events }: Program): string {
  const names = events.map(({ event }) => event)
  return names.filter((name) => name !== 'progress' && name !== 'path').join(' ')
}
