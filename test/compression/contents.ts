import { createCipheriv } from 'node:crypto'

const LEVELS = ['INFO', 'WARN', 'ERROR', 'DEBUG']
const PATHS = ['/api/users', '/api/orders', '/static/app.js', '/health']

/** Bytes without any order in them, the same in every run. */
export function noise(bytes: number, seed = 1): Uint8Array {
  const key = Buffer.alloc(16, seed)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes))
}

/** A log file: lines alike, with times, counts and identifiers that differ. */
export function logLines(bytes: number): Uint8Array {
  const random = new Uint32Array(noise(Math.ceil(bytes / 4) * 4).slice().buffer)
  const lines: string[] = []
  let length = 0
  for (let line = 0; length < bytes; line += 1) {
    const [a = 0, b = 0, c = 0] = random.subarray(3 * line, 3 * line + 3)
    const time = new Date(1.7e12 + 431 * line).toISOString()
    const path = `${PATHS[a % 4]}/${b % 100_000}`
    const text = `${time} ${LEVELS[b % 4]} GET ${path} took=${c % 3000}ms id=${a.toString(16)}\n`
    lines.push(text)
    length += text.length
  }
  return new TextEncoder().encode(lines.join('')).subarray(0, bytes)
}

/** High entropy in any few bytes, and nothing but repetition in many. */
export function repeatedNoise(bytes: number): Uint8Array {
  const once = noise(8192)
  return Buffer.concat(Array.from({ length: Math.ceil(bytes / once.length) }, () => once)).subarray(
    0,
    bytes,
  )
}
