import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { sha256Of, writeRandomFile } from '../e2e/content.ts'
import { isolatedNetwork } from '../e2e/isolated-network.ts'
import { Program } from '../e2e/program.ts'
import { terminal } from '../e2e/terminal.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { blocks, commandsOf } from './readme.ts'

/** The code that the page uses; a sender gets it from the environment. */
const CODE = '7-velvet-orbit'
const FILE_BYTES = 2_000_000
const { binDirectory } = inject('installed')

/** What a command sends, and what of it is to arrive, where that is not `holiday.mp4`. */
const SENDERS = new Map([
  ['p2pshare send photos notes.txt', ['notes.txt', 'photos/2023/a.jpg', 'photos/2024/b.jpg']],
  ["p2pshare send project --gitignore --exclude '*.mp4'", ['project/.gitignore', 'project/a.c']],
  ['p2pshare send photos --reconnect 10m', ['photos/2023/a.jpg', 'photos/2024/b.jpg']],
  ['p2pshare send photos --code 7-velvet-orbit', ['photos/2023/a.jpg', 'photos/2024/b.jpg']],
])

/** A directory as the page supposes it: a file of `name` to send, and one to save in. */
async function directoryWith(name: string): Promise<{ cwd: string; sha256: string }> {
  const cwd = scratchDirectory()
  mkdirSync(join(cwd, 'downloads'))
  mkdirSync(join(cwd, 'elsewhere'))
  return { cwd, sha256: writeRandomFile(join(cwd, name), FILE_BYTES) }
}

/** Directories and a file to send, beside one to save in. */
function directoryWithTrees(): string {
  const cwd = scratchDirectory()
  for (const name of ['elsewhere', 'photos/2023', 'photos/2024', 'project/.git', 'project/build']) {
    mkdirSync(join(cwd, name), { recursive: true })
  }
  for (const name of ['photos/2023/a.jpg', 'photos/2024/b.jpg', 'project/clip.mp4']) {
    writeRandomFile(join(cwd, name), FILE_BYTES)
  }
  for (const name of ['notes.txt', 'project/a.c', 'project/.git/HEAD', 'project/build/a.o']) {
    writeFileSync(join(cwd, name), `${name}\n`)
  }
  writeFileSync(join(cwd, 'project/.gitignore'), 'build\n')
  return cwd
}

/** The paths of all files below `directory`, hidden ones too. */
function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort()
}

/** That `to` has the files `names` of `from`, and no others. */
async function expectFiles(from: string, to: string, names: readonly string[]): Promise<void> {
  expect(filesIn(to)).toEqual(names)
  for (const name of names) {
    expect(await sha256Of(join(to, name))).toBe(await sha256Of(join(from, name)))
    const [was, is] = [statSync(join(from, name)), statSync(join(to, name))]
    expect(is.mode).toBe(was.mode)
    // Times travel in whole milliseconds.
    expect(Math.abs(is.mtimeMs - was.mtimeMs)).toBeLessThanOrEqual(1)
  }
}

/** Runs what the shell is told, with the installed program in its path. */
function run(
  script: string,
  { cwd, code, through = [] }: { cwd: string; code?: string; through?: readonly string[] },
): Program {
  const [command = 'bash', ...words] = [...through, 'bash', '-ec', script]
  const env = {
    PATH: `${binDirectory}:${process.env['PATH']}`,
    XDG_CONFIG_HOME: cwd,
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
  it.for(commandsOf('sender'))('delivers what it names: %s', async (command) => {
    const trees = SENDERS.get(command)
    const cwd = trees ? directoryWithTrees() : (await directoryWith('holiday.mp4')).cwd
    const server = command.includes('share.example.org') ? await startServer(cwd) : undefined
    const own = /--code (\S+)/.exec(command)?.[1]
    const script = command.replace('https://share.example.org', server ?? '')
    const sender = run(`exec ${script}`, { cwd, ...(own === undefined && { code: CODE }) })
    await sender.text('Waiting', 'stderr')
    const shown = /p2pshare receive (\S+)/.exec(sender.stderr)?.[1]
    const receiver = run(`exec p2pshare receive ${shown} --yes`, { cwd: join(cwd, 'elsewhere') })
    await expectSuccess(receiver, sender)
    await expectFiles(cwd, join(cwd, 'elsewhere'), trees ?? ['holiday.mp4'])
  })
})

describe('a command of the README that sends to several', () => {
  it.for(commandsOf('several'))('serves all that come: %s', async (command) => {
    const { cwd, sha256 } = await directoryWith('holiday.mp4')
    const sender = run(`exec ${command}`, { cwd, code: CODE })
    await sender.text('Waiting', 'stderr')
    const places = ['one', 'two', 'three'].map((name) => join(cwd, name))
    const receivers = places.map((place) => {
      mkdirSync(place)
      return run(`exec p2pshare receive ${CODE} --yes`, { cwd: place })
    })
    await expectSuccess(...receivers)
    await sender.text('Receiver 3: has everything', 'stderr')
    if (command.includes('--keep')) sender.kill('SIGINT')
    await expectSuccess(sender)
    for (const place of places) expect(await sha256Of(join(place, 'holiday.mp4'))).toBe(sha256)
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

it('the shell learns what to complete, and man finds the manual', async () => {
  const [source = '', man = ''] = commandsOf('shell')
  const shell = run(`${source}; complete -p p2pshare`, { cwd: scratchDirectory() })
  await expectSuccess(shell)
  expect(shell.stdout).toBe('complete -F _p2pshare p2pshare\n')
  // Where npm puts manuals when it installs for everybody; man looks beside the program's directory.
  const manual = run(`${man} | head -20`, { cwd: scratchDirectory() })
  await expectSuccess(manual)
  expect(manual.stdout).toContain('send files straight from one machine to another')
})

it('the settings of the README are kept, shown and taken away', async () => {
  const cwd = scratchDirectory()
  const [set = '', show = '', unset = ''] = commandsOf('config')
  const program = run(`${set}; ${show}; ${unset}; ${show}`, { cwd })
  await expectSuccess(program)
  const file = `File: ${join(cwd, 'p2pshare/config.json')}\n`
  const setting = 'rendezvous  https://share.example.org  file\n'
  const others = 'wait  60s  environment\n'
  const padded = 'wait        60s                        environment\n'
  expect(program.stdout).toBe(`${file}${setting}${padded}${file}${others}`)
})

it('the relay of the README listens', async (context) => {
  const through = await isolatedNetwork(context)
  const server = run(`exec ${commandsOf('relay')[0]}`, { cwd: scratchDirectory(), through })
  await server.text('"msg":"relay listening"', 'stderr')
  server.kill('SIGTERM')
  await expectSuccess(server)
})

it.for(commandsOf('doctor'))('the doctor finds nothing that fails: %s', async (command) => {
  const cwd = scratchDirectory()
  mkdirSync(join(cwd, 'downloads'))
  const server = command.includes('share.example.org') ? await startServer(cwd) : ''
  const doctor = run(`exec ${command.replace('https://share.example.org', server)}`, { cwd })
  await expectSuccess(doctor)
  expect(doctor.stdout).toContain('A transfer should work from here')
})

it('the doctors of the README find the way to each other', async () => {
  const cwd = scratchDirectory()
  const [make = '', take = ''] = commandsOf('doctors')
  const maker = run(`exec ${make}`, { cwd })
  await maker.text('Waiting', 'stderr')
  const code = /doctor --with (\S+)/.exec(maker.stderr)?.[1] ?? ''
  const taker = run(`exec ${take.replace(CODE, code)}`, { cwd })
  await expectSuccess(maker, taker)
  for (const each of [maker, taker]) {
    expect(each.stdout).toContain('A transfer should work between the two')
  }
})

it('the text of the README arrives', async () => {
  const cwd = scratchDirectory()
  const sender = run(`exec ${commandsOf('text')[0]}`, { cwd, code: CODE })
  await sender.text('Waiting', 'stderr')
  const receiver = run(`exec p2pshare receive ${CODE} --yes`, { cwd })
  await expectSuccess(receiver, sender)
  expect(receiver.stdout).toBe('see you at 8')
  expect(readdirSync(cwd)).toEqual([])
})

it('the pipes of the README bring a directory over', async () => {
  const cwd = directoryWithTrees()
  const there = join(cwd, 'elsewhere')
  const photos = join(cwd, 'photos')
  const [send = '', receive = ''] = commandsOf('pipe')
  const sender = run(`set -o pipefail; ${send}`, { cwd: photos, code: CODE })
  await sender.text('Waiting', 'stderr')
  const receiver = run(`set -o pipefail; ${receive}`, { cwd: there })
  await expectSuccess(receiver, sender)
  expect(filesIn(there)).toEqual(['2023/a.jpg', '2024/b.jpg'])
  for (const name of filesIn(there)) {
    expect(await sha256Of(join(there, name))).toBe(await sha256Of(join(photos, name)))
  }
})

it('a directory is brought up to date as the README says', async (context) => {
  const cwd = directoryWithTrees()
  const there = join(cwd, 'elsewhere')
  cpSync(join(cwd, 'photos'), join(there, 'photos'), { recursive: true })
  writeFileSync(join(there, 'photos/2023/a.jpg'), 'something else')
  writeFileSync(join(there, 'photos/own.txt'), 'not sent')
  const sender = run('exec p2pshare send photos --json', { cwd, code: CODE })
  await sender.event('waiting')
  const receiver = run(`exec ${commandsOf('update')[0]}`, {
    cwd: there,
    through: terminal(context),
  })
  await receiver.text('Save it?', 'stdout')
  receiver.type('y\r')
  await expectSuccess(receiver, sender)
  expect(sender.eventsOf('done')).toMatchObject([{ bytes: 2 * FILE_BYTES, sent: FILE_BYTES }])
  rmSync(join(there, 'photos/own.txt'))
  await expectFiles(cwd, there, ['photos/2023/a.jpg', 'photos/2024/b.jpg'])
})

it('the receipt of the README tells what was changed', async (context) => {
  const cwd = directoryWithTrees()
  const there = join(cwd, 'elsewhere')
  const [receive, verify] = commandsOf('receipt')
  const sender = run('exec p2pshare send photos', { cwd, code: CODE })
  await sender.text('Waiting', 'stderr')
  const receiver = run(`exec ${receive}`, { cwd: there, through: terminal(context) })
  await receiver.text('Save it?', 'stdout')
  receiver.type('y\r')
  await expectSuccess(receiver, sender)
  await expectSuccess(run(`exec ${verify}`, { cwd: there }))

  rmSync(join(there, 'photos/2023/a.jpg'))
  const checking = run(`exec ${verify} --json`, { cwd: there })
  expect((await checking.exit).status).toBe(7)
  const found = checking.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(found).toMatchObject([{ event: 'mismatch', reason: 'missing' }, { event: 'done' }, {}])
  const examples = examplesOf(1)
  for (const event of found.slice(0, 2)) {
    expect(Object.keys(event)).toEqual(examples.get(event.event))
  }
})

it('the shell script of the README works as it stands', async () => {
  const { cwd, sha256 } = await directoryWith('report.pdf')
  await expectSuccess(run(commandsOf('script').join('\n'), { cwd }))
  expect(await sha256Of(join(cwd, 'downloads/report.pdf'))).toBe(sha256)
})

it('the code of a receiver is sent to as the README says', async (context) => {
  const { cwd, sha256 } = await directoryWith('report.pdf')
  const [receive = '', send = ''] = commandsOf('new')
  const receiver = run(`exec ${receive}`, { cwd, code: CODE, through: terminal(context) })
  await receiver.text('Waiting', 'stdout')
  const sender = run(`exec ${send}`, { cwd })
  await receiver.text('Save it?', 'stdout')
  receiver.type('y\r')
  await expectSuccess(receiver, sender)
  expect(await sha256Of(join(cwd, 'downloads/report.pdf'))).toBe(sha256)
})

it('events have the fields of their examples in the README', async () => {
  const { cwd, sha256 } = await directoryWith('report.pdf')
  const [send = '', receive = ''] = commandsOf('json')
  const sender = run(`exec ${send}`, { cwd, code: CODE })
  await sender.event('waiting')
  const receiver = run(`exec ${receive}`, { cwd })
  await expectSuccess(receiver, sender)
  expect(await sha256Of(join(cwd, 'downloads/report.pdf'))).toBe(sha256)

  const texting = run('exec p2pshare send --text hello', { cwd, code: CODE })
  await texting.text('Waiting', 'stderr')
  const reading = run(`exec ${receive}`.replace(' --output downloads', ''), { cwd })
  await expectSuccess(reading, texting)
  expect(reading.eventsOf('text')).toMatchObject([{ text: 'hello' }])

  const failing = run('exec p2pshare send nothing --json', { cwd })
  expect((await failing.exit).status).toBe(8)

  const fields = examplesOf(0)
  for (const event of [
    ...sender.events,
    ...receiver.events,
    ...reading.events,
    ...failing.events,
  ]) {
    const isSaved = receiver.events.includes(event)
    const expected = fields.get(event.event)?.filter((field) => isSaved || field !== 'saved')
    expect(Object.keys(event)).toEqual(expected)
  }
})

/** The fields of each event in one of the page's lists of them. */
function examplesOf(list: number): Map<string, string[]> {
  const lines = (blocks('json')[list] ?? '').trim().split('\n')
  const examples: { event: string }[] = lines.map((line) => JSON.parse(line))
  return new Map(examples.map((example) => [example.event, Object.keys(example)]))
}
