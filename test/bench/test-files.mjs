import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { logLines } from './log-lines.mjs'

const PART_BYTES = 1024 * 1024
const SEED = 20_260_101
const SMALL_FILE_BYTES = 4096
const FILES_PER_DIRECTORY = 100

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

/**
 * Makes a directory of random files of 4 KiB, a hundred in each directory below it.
 * @param {string} path a directory that is not there yet
 * @param {number} bytes of all files together
 */
export async function writeSmallFiles(path, bytes) {
  const part = new Uint8Array(SMALL_FILE_BYTES)
  for (let number = 0; number * SMALL_FILE_BYTES < bytes; number += 1) {
    const directory = join(path, `directory-${Math.floor(number / FILES_PER_DIRECTORY)}`)
    if (number % FILES_PER_DIRECTORY === 0) await mkdir(directory, { recursive: true })
    await writeFile(join(directory, `file-${number}.bin`), randomFillSync(part))
  }
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
