import { RunningDigest } from './digests.ts'
import { DIGEST_BYTES, type Entry } from './frame.ts'

/** An entry whose contents are known. */
export interface DigestedEntry extends Pick<Entry, 'path' | 'kind'> {
  bytes: number
  /** Of a file. */
  digest?: Uint8Array
}

const NO_DIGEST = new Uint8Array(DIGEST_BYTES)

/**
 * The digest of a transfer, from entries that may become known in any order: SHA-256 over the
 * path (its length in UTF-8 bytes as 32 bits, then itself, with a `/` behind that of a directory),
 * the size (64 bits) and the digest of each, in order (PROTOCOL.md, "Digests").
 */
export class TransferDigest {
  readonly #running = new RunningDigest()
  readonly #early = new Map<number, DigestedEntry | undefined>()
  #through = 0
  #files = 0
  #bytes = 0

  /** All entries below it are added. */
  get through(): number {
    return this.#through
  }

  /** How many files were added. */
  get files(): number {
    return this.#files
  }

  /** How many bytes they have together. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds entry number `index`; undefined when it is left out. Each may be added once. */
  add(index: number, entry: DigestedEntry | undefined): void {
    if (index < this.#through || this.#early.has(index)) throw new TypeError('an entry came twice')
    if (index > this.#through) {
      this.#early.set(index, entry)
      return
    }
    this.#take(entry)
    while (this.#early.size > 0 && this.#early.has(this.#through)) {
      const next = this.#early.get(this.#through)
      this.#early.delete(this.#through)
      this.#take(next)
    }
  }

  /** May be asked for once. */
  result(): Uint8Array {
    return this.#running.result()
  }

  #take(entry: DigestedEntry | undefined): void {
    this.#through += 1
    if (entry === undefined) return
    const { path, kind, bytes, digest } = entry
    const name = kind === 'directory' ? `${path}/` : path
    const nameBytes = Buffer.byteLength(name)
    const record = Buffer.allocUnsafe(4 + nameBytes + 8 + DIGEST_BYTES)
    record.writeUInt32BE(nameBytes)
    record.write(name, 4)
    record.writeBigUInt64BE(BigInt(bytes), 4 + nameBytes)
    record.set(digest ?? NO_DIGEST, 4 + nameBytes + 8)
    this.#running.add(record)
    if (kind === 'directory') return
    this.#files += 1
    this.#bytes += bytes
  }
}
