import { once } from 'node:events'

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Has the process killed when this one exits, however that comes about.
 * @template {import('node:child_process').ChildProcess} Child
 * @param {Child} child just spawned
 * @returns {Child}
 */
export function startProcess(child) {
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

/**
 * Ends a process with `signal`, or with SIGKILL where that does not do it in time.
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} [signal]
 */
export async function stopProcess(child, signal = 'SIGTERM') {
  if (!running.has(child)) return
  const closed = once(child, 'close')
  const hardly = setTimeout(() => child.kill('SIGKILL'), 2000)
  child.kill(signal)
  await closed
  clearTimeout(hardly)
}
