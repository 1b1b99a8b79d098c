import { randomBytes } from 'node:crypto'
import { foldedPath } from './folded-path.ts'
import { HashSet } from './hash-set.ts'

/**
 * The paths of a tree, remembered as hashes, so that a million of them take some ten megabytes. Two
 * paths that are none the less taken for one are as likely as 2^-24 at that number; the hashes
 * are different in each process, so that nobody can prepare such a pair.
 */
export class NameSet {
  /** Of every path, folded: what would be one file on some system. */
  readonly #folded = new HashSet()
  /** Of paths as they are, with their kind. */
  readonly #exact = new HashSet()
  readonly #remembersFiles: boolean

  /** Whether a path is that of a file can be asked only where files are to be remembered. */
  constructor({ remembersFiles }: { remembersFiles: boolean }) {
    this.#remembersFiles = remembersFiles
  }

  get size(): number {
    return this.#folded.size
  }

  /** The memory it takes. */
  get byteLength(): number {
    return this.#folded.byteLength + this.#exact.byteLength
  }

  /** False, and nothing is added, if this path or one that differs only in spelling is there. */
  add(path: string, kind: 'file' | 'directory'): boolean {
    if (!insert(this.#folded, foldedPath(path), 'folded')) return false
    if (kind === 'directory' || this.#remembersFiles) insert(this.#exact, path, kind)
    return true
  }

  /** Whether this path or one that differs only in spelling is there. */
  hasSpelling(path: string): boolean {
    return contains(this.#folded, foldedPath(path), 'folded')
  }

  hasDirectory(path: string): boolean {
    return contains(this.#exact, path, 'directory')
  }

  hasFile(path: string): boolean {
    if (!this.#remembersFiles) throw new TypeError('files are not remembered')
    return contains(this.#exact, path, 'file')
  }
}

type Purpose = 'folded' | 'file' | 'directory'

const SEEDS = {
  folded: newSeed(),
  file: newSeed(),
  directory: newSeed(),
} satisfies Record<Purpose, Seed>

interface Seed {
  high: number
  low: number
}

function newSeed(): Seed {
  const bytes = randomBytes(8)
  return { high: bytes.readInt32LE(0), low: bytes.readInt32LE(4) }
}

function insert(set: HashSet, path: string, purpose: Purpose): boolean {
  const { high, low } = hash(path, SEEDS[purpose])
  return set.add(high, low)
}

function contains(set: HashSet, path: string, purpose: Purpose): boolean {
  const { high, low } = hash(path, SEEDS[purpose])
  return set.has(high, low)
}

/** MurmurHash3 with two of its four lanes, over UTF-16 code units; SHA-256 would take ten times as long. */
function hash(text: string, seed: Seed): { high: number; low: number } {
  let { high, low } = seed
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    high ^= Math.imul(rotated(Math.imul(unit, 0x239b961b), 15), 0xab0e9789)
    high = (Math.imul(rotated(high, 19) + low, 5) + 0x561ccd1b) | 0
    low ^= Math.imul(rotated(Math.imul(unit, 0x38b34ae5), 16), 0xa1e38b93)
    low = (Math.imul(rotated(low, 17) + high, 5) + 0x0bcaa747) | 0
  }
  high = mixed(high ^ text.length)
  low = mixed((low ^ text.length) + high)
  return { high: (high + low) >>> 0, low: low >>> 0 }
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function mixed(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) | 0
}
