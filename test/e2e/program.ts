import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { inject, onTestFinished } from 'vitest'
import type { EventLine, TransferEvent } from '../../src/events.ts'
import { eventFault } from '../event-schema.ts'

/** A line of `--json` of a transfer. */
export type JsonEvent = EventLine & TransferEvent
export type EventOf<Name extends JsonEvent['event']> = Extract<JsonEvent, { event: Name }>

export interface Ended {
  status: number | null
  signal: NodeJS.Signals | null
}

export interface StartOptions {
  env?: NodeJS.ProcessEnv | undefined
  cwd?: string | undefined
  /** A command that runs the one that follows it, such as a network namespace's. */
  through?: readonly string[] | undefined
}

/** Long for anything that is going to happen at all, on a machine that is busy with other things. */
const PATIENCE_MS = 45_000
const MEMORY_POLL_MS = 100

const running = new Set<Program>()
process.once('exit', () => {
  for (const program of running) program.kill('SIGKILL')
})

/**
 * Starts p2pshare with `argv`, without a terminal, and has it gone after the test. It runs on this
 * Node, or on the one that P2PSHARE_TEST_NODE names, and sees of the environment only PATH.
 */
export function start(argv: readonly string[], options: StartOptions = {}): Program {
  const { through = [], env, cwd } = options
  const node = process.env['P2PSHARE_TEST_NODE'] ?? process.execPath
  const [command = node, ...words] = [...through, node, inject('entry'), ...argv]
  const child = spawn(command, words, {
    cwd,
    // Nothing is left behind for an hour should the tests themselves be killed; and no settings of
    // whoever runs them.
    env: { PATH: process.env['PATH'], P2PSHARE_WAIT: '60s', XDG_CONFIG_HOME: '/dev/null', ...env },
  })
  const program = new Program(child, argv)
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
}

/** A process under test: all that it wrote, and how it ended. */
export class Program {
  /** Settles once it has ended and everything that it wrote is read. */
  readonly exit: Promise<Ended>
  readonly events: JsonEvent[] = []
  readonly #child: ChildProcessWithoutNullStreams
  readonly #argv: readonly string[]
  readonly #onChange = new Set<() => void>()
  #stdout = ''
  #stderr = ''
  #parsed = 0
  #peakMemoryBytes = 0
  #ended: Ended | undefined
  /** That an event is not as the schema says: whatever waits for this program fails with it. */
  #fault: Error | undefined

  constructor(child: ChildProcessWithoutNullStreams, argv: readonly string[]) {
    this.#child = child
    this.#argv = argv
    running.add(this)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
      this.#parseLines()
      this.#changed()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      this.#changed()
    })
    child.stdin.on('error', () => {})
    const poll = setInterval(() => this.#measureMemory(), MEMORY_POLL_MS)
    this.exit = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status, signal) => {
        clearInterval(poll)
        running.delete(this)
        this.#ended = { status, signal }
        this.#fault ??= this.#leak()
        this.#changed()
        if (this.#fault) reject(this.#fault)
        else resolve(this.#ended)
      })
    })
    this.exit.catch(() => {})
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** The most memory that it had resident, as the kernel counts it (VmHWM); 0 outside Linux. */
  get peakMemoryBytes(): number {
    return this.#peakMemoryBytes
  }

  type(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Standard input gets `text` and ends. */
  feed(text: string): void {
    this.#child.stdin.end(text)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** The first event `name` that `accepts` takes, now or later; throws if it ends without one. */
  async event<Name extends JsonEvent['event']>(
    name: Name,
    accepts: (event: EventOf<Name>) => boolean = () => true,
  ): Promise<EventOf<Name>> {
    return this.#until(`the event ${name}`, () => this.eventsOf(name).find(accepts))
  }

  /** All events `name` so far. */
  eventsOf<Name extends JsonEvent['event']>(name: Name): EventOf<Name>[] {
    return this.events.filter((event): event is EventOf<Name> => event.event === name)
  }

  /** Waits until it has written `text` to `stream`. */
  async text(text: string, stream: 'stdout' | 'stderr'): Promise<void> {
    await this.#until(JSON.stringify(text), () => this[stream].includes(text) || undefined)
  }

  /** For a failing test to show. */
  describe(): string {
    const ended = this.#ended ? JSON.stringify(this.#ended) : 'running'
    const out = this.#stdout.length > 4000 ? `...${this.#stdout.slice(-4000)}` : this.#stdout
    return `p2pshare ${this.#argv.join(' ')}: ${ended}\n${out}\n${this.#stderr}`
  }

  #until<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        clearTimeout(timer)
        this.#onChange.delete(look)
        outcome()
      }
      const fail = () => reject(new Error(`no sign of ${what}\n${this.describe()}`))
      const timer = setTimeout(() => settle(fail), PATIENCE_MS)
      const look = () => {
        const fault = this.#fault
        const found = find()
        if (fault) settle(() => reject(fault))
        else if (found !== undefined) settle(() => resolve(found))
        else if (this.hasEnded) settle(fail)
      }
      this.#onChange.add(look)
      look()
    })
  }

  #parseLines(): void {
    for (;;) {
      const end = this.#stdout.indexOf('\n', this.#parsed)
      if (end < 0) return
      const line = this.#stdout.slice(this.#parsed, end)
      this.#parsed = end + 1
      if (line.startsWith('{')) this.#parse(line)
    }
  }

  /** A code that it wrote anywhere but in the event that is there for it. */
  #leak(): Error | undefined {
    const secrets = this.eventsOf('code').map(({ code }) => code.slice(code.indexOf('-') + 1))
    const lines = `${this.#stdout}\n${this.#stderr}`.split('\n')
    const others = lines.filter((line) => !line.includes('"event":"code"'))
    const leaking = others.find((line) => secrets.some((secret) => line.includes(secret)))
    return leaking === undefined ? undefined : new Error(`it tells its code: ${leaking}`)
  }

  #parse(line: string): void {
    const event = JSON.parse(line)
    this.events.push(event)
    const fault = this.#argv.join(' ').includes('--json') ? eventFault(event) : undefined
    if (fault !== undefined) this.#fault ??= new Error(fault)
  }

  #changed(): void {
    for (const look of [...this.#onChange]) look()
  }

  #measureMemory(): void {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readStatus(this.#child.pid))?.[1]
    if (kibibytes) this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, 1024 * +kibibytes)
  }
}

function readStatus(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return ''
  }
}
