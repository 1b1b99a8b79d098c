import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * Runs a command that tells of itself in JSON lines, each with an `event`, and notes when each kind
 * came first. Fails unless it exits with 0.
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<{ name: string, ms: number }[]>} milliseconds since it was started; `exit` is last
 */
export async function spawnTimed(command, args) {
  const startedMs = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  /** @type {Map<string, number>} */
  const first = new Map()
  createInterface(child.stdout).on('line', (line) => {
    const { event } = JSON.parse(line)
    if (!first.has(event)) first.set(event, performance.now() - startedMs)
  })
  const [[status]] = await Promise.all([once(child, 'exit'), once(child.stdout, 'close')])
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
  first.set('exit', performance.now() - startedMs)
  return [...first].map(([name, ms]) => ({ name, ms }))
}
