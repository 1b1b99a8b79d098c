import { fork } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { measure } from '../measured-process.mjs'
import { watchPeak } from '../process-usage.mjs'

/** The program that is one end. */
export const BARE_CHANNEL_END = fileURLToPath(new URL('./bare-channel-end.mjs', import.meta.url))

/**
 * @typedef {'udp' | 'tcp'} Transport
 * @typedef {{ candidate?: RTCIceCandidateInit, description?: RTCSessionDescriptionInit }} Signal
 * @typedef {Signal & { result?: { bytes: number, seconds: number } }} Message
 */

/**
 * The engine alone, as a ceiling: a data channel between two processes, which reads no file,
 * saves none and encrypts with DTLS only. Its ends learn each other's candidates of one kind.
 * @param {Transport} transport
 * @returns {import('./contender.mjs').Contender}
 */
export function bareChannel(transport) {
  return {
    name: `bare ${transport.toUpperCase()}`,
    about: `one RTCDataChannel over ${transport.toUpperCase()}, no file on either side`,
    saves: false,
    run: async (file, _target, signal) => move((await stat(file)).size, transport, signal),
    close: async () => {},
  }
}

/**
 * @param {number} bytes
 * @param {Transport} transport
 * @param {AbortSignal} signal
 */
async function move(bytes, transport, signal) {
  return measure([], async () => {
    const ends = ['offer', 'answer'].map((role) =>
      fork(BARE_CHANNEL_END, [role, String(bytes)], { signal, killSignal: 'SIGKILL' }),
    )
    const exits = ends.map((end) => once(end, 'exit').catch(() => {}))
    const peaks = ends.map((end) => watchPeak(end.pid))
    try {
      const result = await channelResult(ends, (signal) => only(signal, transport))
      for (const end of ends) end.send({ end: true })
      await Promise.all(exits)
      const [sender, receiver] = peaks.map((peak) => peak.stop())
      return { ...result, peakBytes: { sender, receiver } }
    } finally {
      for (const peak of peaks) peak.stop()
      for (const end of ends) end.kill()
    }
  })
}

/**
 * Carries the signalling between the ends until one of them has all bytes.
 * @param {import('node:child_process').ChildProcess[]} ends
 * @param {(signal: Signal) => Signal | undefined} [filter] what the other end is to learn of it
 * @returns {Promise<{ bytes: number, seconds: number }>}
 */
export function channelResult(ends, filter = (signal) => signal) {
  return new Promise((resolve, reject) => {
    for (const [index, end] of ends.entries()) {
      end.on('error', reject)
      end.on('exit', (status) => reject(new Error(`an end of the channel exited (${status})`)))
      end.on('message', (/** @type {Message} */ { result, ...signal }) => {
        if (result) return resolve(result)
        const passed = filter(signal)
        if (passed) ends[1 - index]?.send(passed)
      })
    }
  })
}

/**
 * @param {Signal} signal
 * @param {Transport} transport
 * @returns {Signal | undefined} without the candidates that are of another kind
 */
function only(signal, transport) {
  const { candidate, description } = signal
  if (candidate) return isOf(candidate.candidate ?? '', transport) ? signal : undefined
  if (!description) return signal
  const lines = (description.sdp ?? '').split('\r\n')
  const kept = lines.filter((line) => !line.startsWith('a=candidate:') || isOf(line, transport))
  return { description: { ...description, sdp: kept.join('\r\n') } }
}

/**
 * The transport is a candidate's third field (RFC 8839, section 5.1).
 * @param {string} candidate
 * @param {Transport} transport
 */
function isOf(candidate, transport) {
  return candidate.split(' ')[2]?.toLowerCase() === transport
}
