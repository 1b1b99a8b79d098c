/** @typedef {import('./link-transfer.mjs').Sample} Sample */

/**
 * Bytes saved by a time, evenly between two samples.
 * @param {Sample[]} samples in order
 * @param {number} atMs
 */
export function bytesAt(samples, atMs) {
  const next = samples.findIndex((sample) => sample.atMs >= atMs)
  const after = samples[next] ?? samples.at(-1)
  const before = samples[next - 1] ?? after
  if (!after || !before || next === -1 || after.atMs === before.atMs) return after?.bytes ?? 0
  const part = (atMs - before.atMs) / (after.atMs - before.atMs)
  return before.bytes + part * (after.bytes - before.bytes)
}

/**
 * Payload in Mbit/s between two times; 0 where there is no time between them.
 * @param {Sample[]} samples in order
 * @param {number} fromMs
 * @param {number} untilMs
 */
export function megabitsPerSecond(samples, fromMs, untilMs) {
  if (untilMs <= fromMs) return 0
  const bytes = bytesAt(samples, untilMs) - bytesAt(samples, fromMs)
  return (bytes * 8) / 1000 / (untilMs - fromMs)
}

/**
 * Payload in Mbit/s of every whole second from the first sample on.
 * @param {Sample[]} samples in order
 */
export function everySecond(samples) {
  const { fromMs, untilMs } = span(samples)
  return Array.from({ length: Math.floor((untilMs - fromMs) / 1000) }, (_, second) => {
    const startMs = fromMs + second * 1000
    return megabitsPerSecond(samples, startMs, startMs + 1000)
  })
}

/**
 * The longest time without anything new, from the first sample to the last.
 * @param {Sample[]} samples in order
 */
export function longestStallMs(samples) {
  let since = samples[0]
  let longestMs = 0
  for (const sample of samples) {
    if (!since) break
    longestMs = Math.max(longestMs, sample.atMs - since.atMs)
    if (sample.bytes > since.bytes) since = sample
  }
  return longestMs
}

/**
 * When samples begin and end.
 * @param {Sample[]} samples in order
 */
export function span(samples) {
  return { fromMs: samples[0]?.atMs ?? 0, untilMs: samples.at(-1)?.atMs ?? 0 }
}
