import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { RELAY_STOP_TIMEOUT_MS } from '../limits.ts'

/**
 * Runs coturn until standard input ends, which it does when this process is gone, however that
 * happened: a relay that nobody looks after would take the ports from the next one. Of the
 * environment it gets nothing but where programs are. It keeps nothing that a signal could save.
 */
const SCRIPT = `
exec 3<&0 </dev/null
env -i PATH="$PATH" turnserver -c "$1" 3<&- &
relay=$!
(read -r _ <&3; kill -KILL "$relay") >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$relay"
status=$?
kill "$watcher"
exit "$status"
`

/** A running coturn. */
export class CoturnProcess {
  /** Resolves with what there is to say about its end. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess

  constructor(configurationPath: string, onLine: (line: string) => void) {
    // A process group of its own: what is typed at a terminal is for p2pshare, which ends it then.
    const child = spawn('sh', ['-c', SCRIPT, 'p2pshare-relay', configurationPath], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      cwd: '/',
    })
    child.stdin.on('error', () => undefined)
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', onLine)
    this.#child = child
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message))
      child.on('exit', (status, signal) => resolve(signal ?? describeStatus(status ?? 0)))
    })
  }

  /** Ends it at once, or by force. Never throws. */
  async stop(): Promise<void> {
    this.#child.stdin?.end()
    const timer = setTimeout(() => this.#killGroup(), RELAY_STOP_TIMEOUT_MS)
    await this.ended
    clearTimeout(timer)
  }

  #killGroup(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }
}

/** A shell adds 128 to the number of a signal. */
function describeStatus(status: number): string {
  return status > 128 ? `signal ${status - 128}` : `status ${status}`
}
