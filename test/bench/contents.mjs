import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from './test-files.mjs'

/**
 * The size of a file, or of all files in a directory and below.
 * @param {string} path
 */
export async function totalBytes(path) {
  const files = await filesIn(path)
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(path, file))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/**
 * SHA-256 of a file; of a directory, over the names and digests of all files in it and below.
 * @param {string} path
 */
export async function digestOf(path) {
  if (!(await stat(path)).isDirectory()) return sha256(path)
  const hash = createHash('sha256')
  for (const file of await filesIn(path))
    hash.update(`${file}\0${await sha256(join(path, file))}\n`)
  return hash.digest('hex')
}

/**
 * @param {string} path
 * @returns {Promise<string[]>} paths below it, in order; of a file nothing but an empty one
 */
async function filesIn(path) {
  if (!(await stat(path)).isDirectory()) return ['']
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1)).sort()
}
