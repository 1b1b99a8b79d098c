import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/p2pshare.js', import.meta.url))
/** More than any scene writes. */
const ROWS = 60
const POLL_MS = 50
/** Long for anything that happens at all, on a machine that is busy with other things. */
const PATIENCE_MS = 60_000
const REMOVALS = 100
/** Of the shell or the program, at the end of what is on the screen. */
const PROMPT = /[$?\]] ?\n*$/
/** The address that both machines have; nothing else is in their network, and nothing gets out. */
const ADDRESS = '192.168.1.20'
const NETWORK = [
  'ip link set lo up',
  'ip link add lan0 type veth peer name lan1',
  `ip address add ${ADDRESS}/24 dev lan0`,
  'ip link set lan0 up',
  'ip link set lan1 up',
].join(' && ')

/**
 * A terminal of `columns` in tmux, with a shell in it that knows p2pshare. All of them are in one
 * network of their own, which lasts as long as the first.
 */
export class Terminals {
  #directory = mkdtempSync(join(tmpdir(), 'p2pshare-terminal-'))
  #socket = join(this.#directory, 'tmux')
  #columns
  #isRunning = false

  /** @param {number} columns */
  constructor(columns) {
    this.#columns = columns
    mkdirSync(join(this.#directory, 'bin'))
    symlinkSync(PROGRAM, join(this.#directory, 'bin/p2pshare'))
  }

  /** Where the shell called `name` starts. @param {string} name */
  home(name) {
    const home = join(this.#directory, name)
    mkdirSync(home, { recursive: true })
    return home
  }

  /**
   * Opens a terminal; the shell has `variables` in its environment.
   * @param {string} name
   * @param {Record<string, string>} variables
   */
  open(name, variables = {}) {
    const home = this.home(name)
    const environment = {
      PATH: `${join(this.#directory, 'bin')}:${process.env['PATH']}`,
      HOME: home,
      LANG: 'C.UTF-8',
      PS1: '$ ',
      ...variables,
    }
    const assignments = Object.entries(environment).map(([key, value]) => `${key}=${value}`)
    const shell = ['env', '-i', ...assignments, 'bash', '--norc', '--noprofile', '-i']
    // The terminal's own type is set by tmux, in the environment that env -i would take away.
    const [env = '', empty = '', ...rest] = shell
    const size = ['-x', String(this.#columns), '-y', String(ROWS)]
    const session = ['new-session', '-d', '-s', name, ...size, '-c', home, '--']
    this.#tmux([...session, env, empty, 'TERM=screen', ...rest])
  }

  /** Types a line, once somebody asks for it. @param {string} name @param {string} line */
  async type(name, line) {
    await this.shows(name, PROMPT)
    this.#tmux(['send-keys', '-t', name, '-l', line])
    this.press(name, 'Enter')
  }

  /** Presses a key, as tmux calls it. @param {string} name @param {string} key */
  press(name, key) {
    this.#tmux(['send-keys', '-t', name, key])
  }

  /** The lines on the screen, up to the last that is not empty. @param {string} name */
  screen(name) {
    const text = this.#tmux(['capture-pane', '-p', '-t', name])
    return text.trimEnd().split('\n')
  }

  /**
   * The screen, once it shows `pattern` where long lines are joined.
   * @param {string} name
   * @param {RegExp} pattern
   */
  async shows(name, pattern) {
    const untilMs = performance.now() + PATIENCE_MS
    for (;;) {
      if (pattern.test(this.#tmux(['capture-pane', '-p', '-J', '-t', name]))) {
        return this.screen(name)
      }
      if (performance.now() > untilMs) {
        throw new Error(`no sign of ${pattern} in\n${this.screen(name).join('\n')}`)
      }
      await pause(POLL_MS)
    }
  }

  /** The screen once the shell waits for the next command, without that. @param {string} name */
  async ended(name) {
    const lines = await this.shows(name, /\S[\s\S]*\n\$ *\n*$/)
    return lines.slice(0, -1)
  }

  /** Closes a terminal, and what runs in it. @param {string} name */
  close(name) {
    this.#tmux(['kill-session', '-t', name])
  }

  /** Ends everything. Never throws. */
  async end() {
    try {
      if (this.#isRunning) this.#tmux(['kill-server'])
    } catch {
      // It ends by itself with its last terminal.
    }
    // Programs may take a moment to end, and write something yet.
    for (let attempt = 0; attempt < REMOVALS; attempt += 1) {
      await pause(POLL_MS)
      try {
        rmSync(this.#directory, { recursive: true, force: true })
        return
      } catch {}
    }
  }

  /** @param {string[]} argv */
  #tmux(argv) {
    const command = ['tmux', '-f', '/dev/null', '-S', this.#socket, ...argv]
    if (this.#isRunning) return run(command)
    this.#isRunning = true
    // The server is made by the first command, and with it the network of all that follows.
    const asUser = process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user']
    const keep = ['new-session', '-d', '-s', 'keeper', '--', 'cat']
    const keeping = ['tmux', '-f', '/dev/null', '-S', this.#socket, ...keep]
    const script = `${NETWORK} && exec "$@"`
    run(['unshare', ...asUser, '--net', 'sh', '-c', script, 'sh', ...keeping])
    return run(command)
  }
}

/** @param {string[]} command */
function run([program = '', ...argv]) {
  return execFileSync(program, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
