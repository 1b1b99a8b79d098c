import { readdir, readFile } from 'node:fs/promises'

const POLL_MS = 50
/** USER_HZ, which Linux has fixed for what it tells programs. */
const TICKS_PER_SECOND = 100

/**
 * User and system time of all children of this process that have ended, their own children
 * included, in seconds; undefined where /proc is missing. See proc_pid_stat(5).
 * @returns {Promise<number | undefined>}
 */
export async function endedChildrenCpuSeconds() {
  const ticks = await readTicks('self')
  return ticks && (ticks.ofEndedChildrenUser + ticks.ofEndedChildrenSystem) / TICKS_PER_SECOND
}

/**
 * User and system time of running processes and of all that descend from them, in seconds.
 * @param {number[]} pids
 */
export async function treeCpuSeconds(pids) {
  const trees = await Promise.all(pids.map(processTree))
  const ticks = await Promise.all(trees.flat().map(readTicks))
  const sums = ticks.map((each) => (each ? Object.values(each).reduce((a, b) => a + b) : 0))
  return sums.reduce((a, b) => a + b, 0) / TICKS_PER_SECOND
}

/**
 * Watches the resident memory of a process and of its descendants until it is told to stop.
 * @param {number | undefined} pid
 * @returns {{ stop(): number | undefined }} `stop` returns the peak in bytes, if it could be read
 */
export function watchPeak(pid) {
  let peakBytes = 0
  let known = new Set([pid])
  const look = async () => {
    const tree = pid === undefined ? [] : await processTree(pid)
    // A child that has not yet lived for one turn may still share all pages with its parent.
    const sizes = await Promise.all(tree.filter((each) => known.has(each)).map(readPeakBytes))
    known = new Set([pid, ...tree])
    peakBytes = Math.max(
      peakBytes,
      sizes.reduce((a, b) => a + b, 0),
    )
  }
  void look()
  const timer = setInterval(() => void look(), POLL_MS)
  return {
    stop() {
      clearInterval(timer)
      return peakBytes || undefined
    },
  }
}

/**
 * A process and all that descend from it. Empty where there is none, or no /proc.
 * @param {number} pid
 * @returns {Promise<number[]>}
 */
export async function processTree(pid) {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => undefined)
  if (!threads) return []
  const lists = await Promise.all(
    threads.map((thread) => readText(`/proc/${pid}/task/${thread}/children`)),
  )
  const children = (lists.join(' ').match(/\d+/g) ?? []).map(Number)
  return [pid, ...(await Promise.all(children.map(processTree))).flat()]
}

/** @param {number | 'self'} pid */
async function readTicks(pid) {
  const stat = await readText(`/proc/${pid}/stat`)
  if (stat === '') return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system, ofEndedChildrenUser, ofEndedChildrenSystem] = fields.slice(11, 15)
  return {
    user: Number(user),
    system: Number(system),
    ofEndedChildrenUser: Number(ofEndedChildrenUser),
    ofEndedChildrenSystem: Number(ofEndedChildrenSystem),
  }
}

/** @param {number} pid */
async function readPeakBytes(pid) {
  const status = await readText(`/proc/${pid}/status`)
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

/**
 * The process has ended, or this system has no /proc, where this is empty.
 * @param {string} path
 */
async function readText(path) {
  return readFile(path, 'utf8').catch(() => '')
}
