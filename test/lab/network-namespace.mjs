import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** @type {Set<NetworkNamespace>} */
const open = new Set()

process.on('exit', () => {
  for (const namespace of open) namespace.killAll()
})

/**
 * A network of its own, as a machine has it (Linux, root, iproute2). It has no name: a process holds
 * it, which lives until its input ends. So it goes with `close()`, or with this process, however
 * that ends.
 */
export class NetworkNamespace {
  #holder
  #pid
  #identity

  /** @param {import('node:child_process').ChildProcess} holder */
  constructor(holder) {
    this.#holder = holder
    this.#pid = Number(holder.pid)
    const identity = identityOf(this.#pid)
    // Whatever is in there will be killed.
    if (identity === undefined || identity === identityOf(process.pid)) {
      throw new Error('The process that is to hold a network namespace has none of its own')
    }
    this.#identity = identity
    open.add(this)
  }

  /** @param {string} setUp a shell script, run in it */
  static async open(setUp) {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready && exec cat'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let complaint = ''
    holder.stderr.on('data', (text) => {
      complaint += text
    })
    const ended = once(holder, 'close').catch((error) => {
      complaint += error.message
    })
    const first = await Promise.race([once(holder.stdout, 'data'), ended])
    if (!first || complaint !== '') {
      throw new Error(`The lab needs network namespaces (Linux, root): ${complaint.trim()}`)
    }
    const namespace = new NetworkNamespace(holder)
    namespace.run(`ip link set lo up\n${setUp}`)
    return namespace
  }

  /** By which `ip link` finds it, as the `netns` of a device. */
  get pid() {
    return this.#pid
  }

  /**
   * The command line that runs `argv` in it; that ends with this process.
   * @param {readonly string[]} argv
   */
  inside(argv) {
    const enter = ['nsenter', `--net=/proc/${this.#pid}/ns/net`, '--']
    return [...enter, 'setpriv', '--pdeathsig', 'KILL', '--', ...argv]
  }

  /**
   * Runs a shell script in it, up to the first command that fails.
   * @param {string} script
   * @returns {string} what it prints
   */
  run(script) {
    const [command = '', ...argv] = this.inside(['sh', '-euc', script])
    const { status, stdout, stderr, error } = spawnSync(command, argv, { encoding: 'utf8' })
    if (status === 0) return stdout
    const reason = stderr?.trim() || error?.message
    throw new Error(`A network of the lab could not be set up: ${reason}`, { cause: script })
  }

  /**
   * The ids of what runs in it.
   * @param {string} [name] of the program, if only that is meant
   */
  processes(name) {
    const pids = readdirSync('/proc').map(Number)
    return pids.filter(
      (pid) => pid > 0 && identityOf(pid) === this.#identity && isCalled(pid, name),
    )
  }

  /**
   * Kills what runs in it under a name.
   * @param {string} name
   * @returns {number[]} the ids
   */
  kill(name) {
    const pids = this.processes(name)
    pids.forEach(kill)
    return pids
  }

  /** Kills what runs in it, which also ends it. */
  killAll() {
    this.processes().forEach(kill)
    open.delete(this)
  }

  async close() {
    if (!open.has(this)) return
    const ended = once(this.#holder, 'close')
    this.killAll()
    await ended
  }
}

/**
 * The same for all processes of a namespace; nothing where there is no such process any more.
 * @param {number} pid
 */
function identityOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined
  }
}

/**
 * @param {number} pid
 * @param {string | undefined} name
 */
function isCalled(pid, name) {
  if (name === undefined) return true
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name
  } catch {
    return false
  }
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
