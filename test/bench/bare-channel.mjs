import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readUsage } from './measured-process.mjs'

const END = fileURLToPath(new URL('./bare-channel-end.mjs', import.meta.url))

/**
 * Moves `bytes` between two processes over a bare data channel.
 * @param {number} bytes
 * @returns {Promise<{ bytes: number, seconds: number, cpuSeconds: number }>}
 */
export async function bareChannel(bytes) {
  const ends = ['answer', 'offer'].map((role) => fork(END, [role, String(bytes)]))
  try {
    /** @type {{ bytes: number, seconds: number }} */
    const result = await new Promise((resolve, reject) => {
      for (const [index, end] of ends.entries()) {
        end.on('error', reject)
        end.on('exit', (status) => reject(new Error(`an end of the channel exited (${status})`)))
        end.on('message', (/** @type {any} */ message) => {
          if (message.result) resolve(message.result)
          else ends[1 - index]?.send(message)
        })
      }
    })
    const usages = ends.map(() => ({ cpuSeconds: 0, peakBytes: 0 }))
    await Promise.all(usages.map((usage, index) => readUsage(ends[index]?.pid, usage)))
    return { ...result, cpuSeconds: usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0) }
  } finally {
    for (const end of ends) end.kill()
  }
}
