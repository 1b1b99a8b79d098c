import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { sha256Of, writeRandomFile } from './content.ts'
import { describeTree } from './odd-tree.ts'
import { type Program, start } from './program.ts'
import { terminal } from './terminal.ts'
import {
  expectBoundedMemory,
  expectStatuses,
  parcelOf,
  startSender,
  startServer,
} from './transfer.ts'

const MAX_MEMORY_BYTES = 250 * MIB

/** Runs the program in the place of a shell, with the output of `command` as its input. */
function fromCommand(command: string): readonly string[] {
  return ['bash', '-c', `exec "$@" < <(${command})`, 'bash']
}

/** The same, with its output as the input of `command`, which ends before all is read of it. */
function intoCommand(command: string): readonly string[] {
  return ['bash', '-c', `exec "$@" > >(${command})`, 'bash']
}

/** A tree of `count` files of 16 MiB of random bytes, and some small ones. */
function plantLargeTree(path: string, count: number): void {
  mkdirSync(join(path, 'sub'), { recursive: true })
  for (let number = 0; number < count; number++) {
    writeRandomFile(join(path, 'sub', `large ${number}`), 16 * MIB)
    writeFileSync(join(path, `small ${number}`), `${number}`)
  }
}

interface Pipe {
  server: string
  /** Words for the receiver. */
  flags?: readonly string[]
}

/** A receiver whose output `command` reads. */
function startPiped(code: string, command: string, { server, flags = [] }: Pipe): Program {
  const argv = ['receive', code, '-o', '-', '--rendezvous', server, ...flags]
  return start(argv, { through: intoCommand(command) })
}

describe('from pipe to pipe', () => {
  it('a tree arrives identical, in bounded memory', async () => {
    const what = parcelOf((path) => plantLargeTree(path, 20))
    const { server } = await startServer()
    const through = fromCommand(`tar c --format=posix -C '${what.directory}/sent' ${what.name}`)
    const { sender, code } = await startSender('-', { server, through })
    const receiver = startPiped(code, `tar x -C '${what.output}'`, { server })
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(describeTree(what.output)).toEqual(describeTree(join(what.directory, 'sent')))
    expectBoundedMemory({ sender, receiver }, MAX_MEMORY_BYTES)
    expect(sender.eventsOf('offer')[0]).toMatchObject({ name: 'stdin', isCounted: false })
  })

  it('nothing at all arrives as nothing', async () => {
    const output = scratchDirectory()
    const { server } = await startServer()
    const { sender, code } = await startSender('-', { server, through: fromCommand('true') })
    const receiver = startPiped(code, `cat > '${output}/it'`, { server })
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(readFileSync(join(output, 'it'), 'utf8')).toBe('')
  })

  it('standard input becomes a file of the name it is given', async () => {
    const { directory, output } = parcelOf(() => {})
    const sha256 = writeRandomFile(join(directory, 'it'), 3 * MIB + 1)
    const { server } = await startServer()
    const through = fromCommand(`cat '${directory}/it'`)
    const sendFlags = ['--name', 'dump.bin']
    const { sender, code } = await startSender('-', { server, through, sendFlags })
    const receiver = start(['receive', code, '--yes', '-o', output, '--rendezvous', server])
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(readdirSync(output)).toEqual(['dump.bin'])
    expect(await sha256Of(join(output, 'dump.bin'))).toBe(sha256)
  })
})

describe('a pipe that breaks', () => {
  const ENDLESS = 'cat /dev/urandom'

  it('does not look whole where the sender is killed', async () => {
    const { server } = await startServer()
    const { sender, code } = await startSender('-', { server, through: fromCommand(ENDLESS) })
    const receiver = startPiped(code, 'cat > /dev/null', { server, flags: ['--reconnect', '0'] })
    await sender.event('progress', ({ bytes }) => bytes > MIB)
    sender.kill('SIGKILL')
    await expectStatuses({ sender, receiver }, { sender: 'SIGKILL', receiver: 6 })
  })

  it('does not look whole where the input fails', async () => {
    const { server } = await startServer()
    // A directory can be opened, but is not read like a file.
    const through = ['bash', '-c', 'exec "$@" < /', 'bash']
    const { sender, code } = await startSender('-', { server, through })
    const receiver = startPiped(code, 'cat > /dev/null', { server })
    await expectStatuses({ sender, receiver }, { sender: 8, receiver: 9 })
    expect(sender.events.at(-1)).toMatchObject({ event: 'error', code: 'file-failed' })
    expect(receiver.stderr).toMatch(/The sender stopped: reading or writing the file failed/)
  })

  it('ends both sides where nobody reads what arrives', async () => {
    const { server } = await startServer()
    const { sender, code } = await startSender('-', { server, through: fromCommand(ENDLESS) })
    const receiver = startPiped(code, 'head -c 100000 > /dev/null', { server })
    await expectStatuses({ sender, receiver }, { sender: 9, receiver: 9 })
    expect(receiver.stderr).toMatch(/Whoever read standard output has ended/)
    expect(sender.events.at(-1)).toMatchObject({ event: 'error', code: 'cancelled' })
  })

  it('cannot be gone on with, and says so, where the sender is started again', async () => {
    const { server } = await startServer()
    const code = 'pipe-again-and-again-12345'
    const sendFlags = ['--code', code]
    const options = { server, through: fromCommand(ENDLESS), sendFlags }
    const { sender } = await startSender('-', options)
    const receiver = startPiped(code, 'cat > /dev/null', { server })
    await sender.event('progress', ({ bytes }) => bytes > MIB)
    sender.kill('SIGKILL')
    await sender.exit
    const { sender: again } = await startSender('-', options)
    await expectStatuses({ sender: again, receiver }, { sender: 6, receiver: 6 })
    expect(receiver.stderr).toMatch(/started again, and a stream cannot be/)
  })
})

describe('a text', () => {
  const TEXT = 'see you at \u001b[31m8\u001b[0m\nat the \u202estation\u202c\n'

  it('is shown with what a terminal would act on made visible', async (context) => {
    const { server } = await startServer()
    const { sender, code } = await startSender([], { server, sendFlags: ['--text', TEXT] })
    const argv = ['receive', code, '--rendezvous', server]
    const receiver = start(argv, { through: terminal(context) })
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(receiver.stdout).toContain(
      'see you at \\u{1b}[31m8\\u{1b}[0m\r\nat the \\u{202e}station\\u{202c}\r\n',
    )
  })

  it.each([
    ['is raw in a pipe', []],
    ['is raw in a pipe that is asked for', ['-o', '-']],
  ])('%s', async (_title, flags) => {
    const { server } = await startServer()
    const { sender, code } = await startSender([], { server, sendFlags: ['--text', TEXT] })
    const receiver = start(['receive', code, '--yes', '--rendezvous', server, ...flags])
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(receiver.stdout).toBe(TEXT)
  })

  it('is an event of its own in --json, and saved where that is asked for', async () => {
    const { server } = await startServer()
    const output = join(scratchDirectory(), 'note.txt')
    for (const flags of [[], ['-o', output]]) {
      const { sender, code } = await startSender([], { server, sendFlags: ['--text', TEXT] })
      const argv = ['receive', code, '--yes', '--json', '--rendezvous', server, ...flags]
      const receiver = start(argv)
      await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
      const texts = receiver.eventsOf('text').map(({ text }) => text)
      expect(texts).toEqual(flags.length === 0 ? [TEXT] : [])
    }
    expect(readFileSync(output, 'utf8')).toBe(TEXT)
  })
})
