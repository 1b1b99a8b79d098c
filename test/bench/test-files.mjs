import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { logLines } from './log-lines.mjs'

const PART_BYTES = 1024 * 1024
const SEED = 20_260_101

/**
 * @param {string} path a file that is not there yet
 * @param {number} bytes
 */
export async function writeRandomFile(path, bytes) {
  const part = new Uint8Array(PART_BYTES)
  await writeParts(path, bytes, () => randomFillSync(part))
}

/**
 * Writes log lines, the same at each call; zstd makes them less than a fifth as long.
 * @param {string} path a file that is not there yet
 * @param {number} bytes
 */
export async function writeTextFile(path, bytes) {
  const lines = logLines(SEED)
  await writeParts(path, bytes, () => {
    let part = ''
    while (part.length < PART_BYTES) part += lines.next().value
    return Buffer.from(part, 'latin1')
  })
}

/** @param {string} path */
export async function sha256(path) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/**
 * @param {string} path
 * @param {number} bytes
 * @param {() => Uint8Array} nextPart
 */
async function writeParts(path, bytes, nextPart) {
  const file = await open(path, 'wx')
  try {
    for (let written = 0; written < bytes; ) {
      const part = nextPart()
      written += (await file.write(part, 0, Math.min(part.length, bytes - written))).bytesWritten
    }
  } finally {
    await file.close()
  }
}
