import { createHash, randomFillSync, randomInt } from 'node:crypto'
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { MIB } from '../../src/limits.ts'

const PATTERN_BYTES = 64 * MIB

/**
 * Writes a new file of `bytes` bytes and returns its SHA-256 in hex. Up to 64 MiB of it are random;
 * after that the same bytes come again, each time from another point on, so that no two blocks
 * are alike.
 */
export function writeRandomFile(path: string, bytes: number): string {
  const pattern = randomFillSync(Buffer.alloc(Math.min(bytes, PATTERN_BYTES)))
  const hash = createHash('sha256')
  const file = openSync(path, 'wx')
  try {
    for (let written = 0; written < bytes; ) {
      const start = written === 0 ? 0 : randomInt(1, pattern.length)
      const part = pattern.subarray(start, start + Math.min(bytes - written, pattern.length))
      hash.update(part)
      writeAll(file, part)
      written += part.length
    }
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

/** The SHA-256 of a file, in hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: MIB }), hash)
  return hash.digest('hex')
}

function writeAll(file: number, data: Uint8Array): void {
  for (let done = 0; done < data.length; ) done += writeSync(file, data, done)
}
