import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'

const PROGRAM = fileURLToPath(new URL('../../bin/p2pshare.js', import.meta.url))
const LABEL_WIDTH = 10

/** @type {Set<Promise<unknown>>} */
const ends = new Set()

/** Not where the output goes to a file, nor under NO_COLOR. */
function hasColours() {
  return process.stdout.isTTY === true && process.stdout.hasColors()
}

/** p2pshare in a process of its own, every line of its output shown behind a label. */
export class LabelledProgram {
  /**
   * Settles when the process has ended; rejects unless its exit status is 0.
   * @type {Promise<void>}
   */
  succeeded
  /** @type {string[]} */
  #lines = []
  /** @type {Set<() => void>} */
  #watchers = new Set()
  #label
  #child

  /**
   * Shows the command and starts it in `directory`. Once `signal` is aborted it is ended.
   * @param {'sender' | 'receiver'} label
   * @param {string} directory
   * @param {string[]} argv
   * @param {AbortSignal} signal
   */
  constructor(label, directory, argv, signal) {
    const text = `${label.padEnd(LABEL_WIDTH)}|`
    const colour = label === 'sender' ? 'cyan' : 'green'
    this.#label = hasColours() ? styleText(colour, text, { validateStream: false }) : text
    this.#show(`$ p2pshare ${argv.join(' ')}`)
    const child = spawn(process.execPath, [PROGRAM, ...argv], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    const stop = () => child.kill('SIGKILL')
    signal.addEventListener('abort', stop)
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#onLine(line))
    }
    this.succeeded = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status) => {
        signal.removeEventListener('abort', stop)
        if (status === 0) resolve()
        else reject(signal.aborted ? signal.reason : new Error(`The ${label} ended with ${status}`))
      })
    })
    ends.add(this.succeeded.catch(() => {}))
  }

  /** Waits until every process has ended. */
  static async allEnded() {
    await Promise.all(ends)
  }

  /** Whether its process has ended. */
  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Ends it at once, as a crash would, and waits until it is gone. */
  async kill() {
    this.#child.kill('SIGKILL')
    await this.succeeded.catch(() => {})
    this.#show('(killed)')
  }

  /**
   * What the first group of `pattern` matches, once a line of the output does.
   * @param {RegExp} pattern
   * @returns {Promise<string>}
   */
  async find(pattern) {
    let look = () => {}
    const found = new Promise((/** @type {(match: string) => void} */ resolve) => {
      look = () => {
        const match = this.#lines.map((line) => pattern.exec(line)?.[1]).find((text) => text)
        if (match !== undefined) resolve(match)
      }
    })
    this.#watchers.add(look)
    look()
    const ended = this.succeeded.then(() => {
      throw new Error(`The program ended without a line like ${pattern}`)
    })
    return Promise.race([found, ended]).finally(() => this.#watchers.delete(look))
  }

  /** @param {string} line */
  #onLine(line) {
    this.#lines.push(line)
    this.#show(line)
    for (const look of this.#watchers) look()
  }

  /** @param {string} text */
  #show(text) {
    console.log(`${this.#label} ${text}`.trimEnd())
  }
}
