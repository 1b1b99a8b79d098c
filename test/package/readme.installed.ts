import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { sha256Of, writeRandomFile } from '../e2e/content.ts'
import { type JsonEvent, Program } from '../e2e/program.ts'
import { terminal } from '../e2e/terminal.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { blocks, commandsOf } from './readme.ts'

/** The code that the page uses; a sender gets it from the environment. */
const CODE = '7-velvet-orbit'
const FILE_BYTES = 2_000_000
const { binDirectory } = inject('installed')

/** A directory as the page supposes it: a file of `name` to send, and one to save in. */
async function directoryWith(name: string): Promise<{ cwd: string; sha256: string }> {
  const cwd = scratchDirectory()
  mkdirSync(join(cwd, 'downloads'))
  mkdirSync(join(cwd, 'elsewhere'))
  return { cwd, sha256: writeRandomFile(join(cwd, name), FILE_BYTES) }
}

/** Runs what the shell is told, with the installed program in its path. */
function run(
  script: string,
  { cwd, code, through = [] }: { cwd: string; code?: string; through?: readonly string[] },
): Program {
  const [command = 'bash', ...words] = [...through, 'bash', '-ec', script]
  const env = {
    PATH: `${binDirectory}:${process.env['PATH']}`,
    // A sender that a failing test leaves behind does not stay for an hour.
    P2PSHARE_WAIT: '60s',
    ...(code !== undefined && { P2PSHARE_CODE: code }),
  }
  const program = new Program(spawn(command, words, { cwd, env }), [script])
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
}

async function expectSuccess(...programs: Program[]): Promise<void> {
  for (const program of programs) {
    expect(await program.exit, program.describe()).toEqual({ status: 0, signal: null })
  }
}

/** Starts the page's server on a free port. */
async function startServer(cwd: string): Promise<string> {
  const [command = ''] = commandsOf('server')
  const server = run(`exec ${command.replace('7342', '0')}`, { cwd })
  await server.text('\n', 'stdout')
  return server.stdout.trim()
}

describe('a command of the README that sends', () => {
  it.for(commandsOf('sender'))('delivers the file: %s', async (command) => {
    const { cwd, sha256 } = await directoryWith('holiday.mp4')
    const server = command.includes('share.example.org') ? await startServer(cwd) : undefined
    const own = /--code (\S+)/.exec(command)?.[1]
    const script = command.replace('https://share.example.org', server ?? '')
    const sender = run(`exec ${script}`, { cwd, ...(own === undefined && { code: CODE }) })
    await sender.text('Waiting', 'stderr')
    const shown = /p2pshare receive (\S+)/.exec(sender.stderr)?.[1]
    const receiver = run(`exec p2pshare receive ${shown} --yes`, { cwd: join(cwd, 'elsewhere') })
    await expectSuccess(receiver, sender)
    expect(await sha256Of(join(cwd, 'elsewhere/holiday.mp4'))).toBe(sha256)
  })
})

describe('a command of the README that receives', () => {
  it.for(commandsOf('receiver'))('fetches the file: %s', async (command, context) => {
    const { cwd, sha256 } = await directoryWith('holiday.mp4')
    const here = join(cwd, 'elsewhere')
    mkdirSync(join(here, 'downloads'))
    const sender = run('exec p2pshare send holiday.mp4', { cwd, code: CODE })
    await sender.text('Waiting', 'stderr')

    const receiver = run(`exec ${command}`, { cwd: here, through: terminal(context) })
    if (command === 'p2pshare receive') {
      await receiver.text('Code:', 'stdout')
      receiver.type(`${CODE}\r`)
    }
    await receiver.text('Save it?', 'stdout')
    expect(existsSync(join(here, 'holiday.mp4'))).toBe(false)
    receiver.type('y\r')
    await expectSuccess(receiver, sender)
    const saved = command.includes('--output downloads') ? 'downloads/holiday.mp4' : 'holiday.mp4'
    expect(await sha256Of(join(here, saved))).toBe(sha256)
  })
})

it('the shell script of the README works as it stands', async () => {
  const { cwd, sha256 } = await directoryWith('report.pdf')
  mkdirSync(join(cwd, 'photos/2024'), { recursive: true })
  const photo = writeRandomFile(join(cwd, 'photos/2024/a.jpg'), FILE_BYTES)
  const notes = writeRandomFile(join(cwd, 'notes.txt'), 100)
  await expectSuccess(run(commandsOf('script').join('\n'), { cwd }))
  expect(await sha256Of(join(cwd, 'downloads/report.pdf'))).toBe(sha256)
  expect(await sha256Of(join(cwd, 'downloads/photos/2024/a.jpg'))).toBe(photo)
  expect(await sha256Of(join(cwd, 'downloads/notes.txt'))).toBe(notes)
})

it('events have the fields of their examples in the README', async () => {
  const { cwd, sha256 } = await directoryWith('report.pdf')
  const [send = '', receive = ''] = commandsOf('json')
  const sender = run(`exec ${send}`, { cwd, code: CODE })
  await sender.event('waiting')
  const receiver = run(`exec ${receive}`, { cwd })
  await expectSuccess(receiver, sender)
  expect(await sha256Of(join(cwd, 'downloads/report.pdf'))).toBe(sha256)

  const failing = run('exec p2pshare send nothing --json', { cwd })
  expect((await failing.exit).status).toBe(8)

  const examples: JsonEvent[] = blocks('json').flatMap((block) =>
    block
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
  const fields = new Map(examples.map((example) => [example.event, Object.keys(example)]))
  for (const event of [...sender.events, ...receiver.events, ...failing.events]) {
    const isSenders = event.event === 'done' && sender.events.includes(event)
    const expected = fields.get(event.event)?.filter((field) => !isSenders || field !== 'saved')
    expect(Object.keys(event)).toEqual(expected)
  }
})
