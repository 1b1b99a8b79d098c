import { basename } from 'node:path'

/**
 * @typedef {object} Profile as `node --cpu-prof` writes it
 * @property {{ id: number, callFrame: { functionName: string, url: string, lineNumber: number } }[]} nodes
 * @property {number[]} samples ids of nodes
 * @property {number[]} timeDeltas microseconds before each sample
 */

/**
 * The functions that a profile spends most time in, without what they call.
 * @param {Profile} profile
 * @param {number} count
 * @returns {{ ms: number, function: string, where: string }[]}
 */
export function heaviest({ nodes, samples, timeDeltas }, count) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  /** @type {Map<string, { ms: number, function: string, where: string }>} */
  const taken = new Map()
  for (const [index, id] of samples.entries()) {
    const { functionName = '', url = '', lineNumber = 0 } = frames.get(id) ?? {}
    if (functionName === '(idle)') continue
    const where = url === '' ? '' : `${basename(url)}:${lineNumber + 1}`
    const key = `${functionName} ${where}`
    const entry = taken.get(key) ?? { ms: 0, function: functionName || '(anonymous)', where }
    entry.ms += (timeDeltas[index] ?? 0) / 1000
    taken.set(key, entry)
  }
  const sorted = [...taken.values()].sort((a, b) => b.ms - a.ms)
  return sorted.slice(0, count).map((entry) => ({ ...entry, ms: Math.round(entry.ms) }))
}
