import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { scratchDirectory } from '../files/scratch.ts'
import { blocks } from '../package/readme.ts'
import { sha256Of, writeRandomFile } from './content.ts'
import { actionSteps } from './github-action.ts'
import { Program } from './program.ts'
import { startServer } from './transfer.ts'

interface Workflow {
  env: Record<string, string>
  jobs: Record<Job, { steps: { uses: string; with: Record<string, string> }[] }>
}

type Job = 'build' | 'test'

/** The two-job workflow of the README. */
const WORKFLOW: Workflow = parse(blocks('yaml')[0] ?? '')

interface Jobs {
  directory: string
  /** The jobs' own, with what GitHub puts in the place of its expressions. */
  env: Record<string, string>
}

/** What a runner has: the program in its path, the workflow's variables, and no terminal. */
async function jobs(): Promise<Jobs> {
  const directory = scratchDirectory()
  const program = join(directory, 'p2pshare')
  const start = `exec '${process.execPath}' '${inject('entry')}' "$@"`
  writeFileSync(program, `#!/bin/sh\necho $$ > '${directory}'/"$1".pid\n${start}\n`)
  chmodSync(program, 0o755)
  for (const job of ['build', 'test']) mkdirSync(join(directory, job))
  writeRandomFile(join(directory, 'build/report.pdf'), 500_000)
  const { server } = await startServer()
  const env: Record<string, string> = {
    PATH: `${directory}${delimiter}${process.env['PATH']}`,
    GITHUB_ACTIONS: 'true',
    XDG_CONFIG_HOME: directory,
  }
  const secret = randomBytes(8).toString('hex')
  for (const [name, value] of Object.entries(WORKFLOW.env)) {
    env[name] = value
      .replace(/\$\{\{ github\.run_id \}\}/, randomBytes(4).toString('hex'))
      .replace(/\$\{\{ secrets\.P2PSHARE_SECRET \}\}/, secret)
      .replace('https://share.example.org', server)
  }
  return { directory, env }
}

/** What one of the two gives the action, whose step that needs it is run as it stands. */
function runJob(
  { directory, env }: Jobs,
  job: Job,
  {
    more = {},
    inputs = {},
  }: { more?: Record<string, string>; inputs?: Record<string, string> } = {},
): Program {
  const [use] = WORKFLOW.jobs[job].steps
  expect(use?.uses).toMatch(/^OWNER\/p2pshare\/\.github\/actions\/p2pshare@/)
  const all = { ...env, ...more }
  // The first installs the program, which is there already.
  const [, step, ...others] = actionSteps({ ...use?.with, ...inputs }, all)
  expect(others).toEqual([])
  const [command = '', ...words] = step?.command ?? []
  const child = spawn(command, words, {
    cwd: join(directory, job),
    env: { ...all, ...step?.env },
  })
  child.stdin.end()
  const program = new Program(child, [step?.name ?? ''])
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
}

/** Sends `signal` to the program that a job runs, as a runner does that is told to stop. */
function signalJob({ directory }: Jobs, command: 'send' | 'receive', signal: NodeJS.Signals): void {
  process.kill(Number(readFileSync(join(directory, `${command}.pid`), 'utf8')), signal)
}

/** Both jobs in the middle of a transfer, which takes seconds. */
async function transferring(more: Record<string, string> = {}) {
  const both = await jobs()
  const sender = runJob(both, 'build', { more: { P2PSHARE_LIMIT: '50k', ...more } })
  const receiver = runJob(both, 'test', { more })
  await receiver.text('Receiving', 'stderr')
  return { both, sender, receiver }
}

async function expectStatus(program: Program, status: number): Promise<void> {
  expect((await program.exit).status, program.describe()).toBe(status)
}

describe('the workflow of the README', () => {
  it.each([
    ['the job that sends', ['build', 'test']],
    ['the job that receives', ['test', 'build']],
  ] as const)('brings the file over when %s is first', async (_title, order) => {
    const both = await jobs()
    const [first, second] = order
    const one = runJob(both, first)
    await one.text('Waiting', 'stderr')
    const two = runJob(both, second)
    await expectStatus(one, 0)
    await expectStatus(two, 0)
    const [sent, saved] = ['build/report.pdf', 'test/downloads/report.pdf']
    expect(await sha256Of(join(both.directory, saved))).toBe(
      await sha256Of(join(both.directory, sent)),
    )
    const secret = both.env['P2PSHARE_CODE']?.split('-')[1] ?? 'none'
    const sender = first === 'build' ? one : two
    const log = `${sender.stdout}${sender.stderr}`
    expect(log.indexOf(`::add-mask::${secret}\n`)).toBe(log.indexOf(secret) - '::add-mask::'.length)
  })

  it('ends with status 3 on both sides where the secrets differ', async () => {
    const both = await jobs()
    const receiver = runJob(both, 'test')
    await receiver.text('Waiting', 'stderr')
    const [nameplate] = (both.env['P2PSHARE_CODE'] ?? '').split('-')
    const sender = runJob(both, 'build', {
      inputs: { code: `${nameplate}-0123456789abcdef` },
    })
    await expectStatus(sender, 3)
    await expectStatus(receiver, 3)
    expect(existsSync(join(both.directory, 'test/downloads/report.pdf'))).toBe(false)
  })

  it('ends with status 2 where it is told what makes no sense', async () => {
    await expectStatus(runJob(await jobs(), 'test', { inputs: { wait: 'soon' } }), 2)
  })

  it('ends with status 5 on both sides where no path may be taken', async () => {
    const both = await jobs()
    const sender = runJob(both, 'build', { more: { P2PSHARE_RELAY_ONLY: '1' } })
    await expectStatus(runJob(both, 'test'), 5)
    await expectStatus(sender, 5)
  })

  it('ends with status 6 where the other job is gone', async () => {
    const { both, sender, receiver } = await transferring({ P2PSHARE_RECONNECT: '0' })
    signalJob(both, 'send', 'SIGKILL')
    await sender.exit
    await expectStatus(receiver, 6)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'a job that gets %s ends with status %d, the other with 9',
    async (signal, status) => {
      const { both, sender, receiver } = await transferring()
      signalJob(both, 'receive', signal)
      await expectStatus(receiver, status)
      await expectStatus(sender, 9)
    },
  )

  it('ends with status 8 where the file is there already, and the other with 9', async () => {
    const both = await jobs()
    mkdirSync(join(both.directory, 'test/downloads'))
    writeFileSync(join(both.directory, 'test/downloads/report.pdf'), 'older')
    const sender = runJob(both, 'build')
    await expectStatus(runJob(both, 'test'), 8)
    await expectStatus(sender, 9)
  })

  it('ends with status 4 where the other job does not come', async () => {
    const both = await jobs()
    await expectStatus(runJob(both, 'test', { inputs: { wait: '2s' } }), 4)
  })

  it('ends with status 8 where there is no file to send', async () => {
    const both = await jobs()
    rmSync(join(both.directory, 'build/report.pdf'))
    await expectStatus(runJob(both, 'build'), 8)
  })

  it('ends with status 10 where the server is not there', async () => {
    const both = await jobs()
    const gone = { more: { P2PSHARE_RENDEZVOUS: 'http://127.0.0.1:9' } }
    await expectStatus(runJob(both, 'build', gone), 10)
    await expectStatus(runJob(both, 'test', gone), 10)
  })

  it('sends several paths, whatever they are called, and takes code and server as inputs', async () => {
    const both = await jobs()
    const { P2PSHARE_CODE: code = '', P2PSHARE_RENDEZVOUS: rendezvous = '', ...env } = both.env
    const names = ['a file; $(id) "x"', '-rf', "it's"]
    for (const name of names) writeFileSync(join(both.directory, 'build', name), name)
    const inputs = { code, rendezvous }
    const bare = { ...both, env }
    const sender = runJob(bare, 'build', { inputs: { ...inputs, send: `${names.join('\n')}\n` } })
    const receiver = runJob(bare, 'test', { inputs: { ...inputs, receive: '-in here/new' } })
    await expectStatus(sender, 0)
    await expectStatus(receiver, 0)
    const saved = join(both.directory, 'test/-in here/new')
    expect(readdirSync(saved).sort()).toEqual([...names].sort())
  })
})

describe('without a terminal nothing is asked, and nothing waits for an answer', () => {
  const inputs = ['< /dev/null', '<&-', '< <(sleep 3)']
  const commands = ['receive', 'receive 7-velvet-orbit', 'receive --new']
  it.each(inputs.flatMap((input) => commands.map((command) => [command, input] as const)))(
    'p2pshare %s %s',
    async (command, input) => {
      const { env, directory } = await jobs()
      const { P2PSHARE_CODE: _code, ...others } = env
      const script = `p2pshare ${command} ${input}`
      const program = new Program(
        spawn('bash', ['--noprofile', '--norc', '-c', script], { cwd: directory, env: others }),
        [],
      )
      await expectStatus(program, 2)
      expect(program.stderr).toMatch(/^p2pshare: /)
    },
  )
})
