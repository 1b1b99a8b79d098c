import { createHash, type Hash } from 'node:crypto'

/** SHA-256 of one block, given in parts. */
export function blockDigest(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** SHA-256 over what is added, in order; `result` may be asked for once. */
export class RunningDigest {
  readonly #hash: Hash = createHash('sha256')

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  result(): Uint8Array {
    return this.#hash.digest()
  }
}

/** What a transfer's digest says of one file. */
export interface FileDigest {
  path: string
  bytes: number
  digest: Uint8Array
}

/**
 * The transfer's digest: over the path (its length in UTF-8 bytes as 32 bits, then itself), the
 * size (64 bits) and the digest of every file in the order of the manifest (PROTOCOL.md, "Digests").
 */
export function transferDigest(files: readonly FileDigest[]): Uint8Array {
  const running = new RunningDigest()
  for (const file of files) {
    const path = new TextEncoder().encode(file.path)
    const head = new DataView(new ArrayBuffer(4 + path.length + 8))
    head.setUint32(0, path.length)
    new Uint8Array(head.buffer).set(path, 4)
    head.setBigUint64(4 + path.length, BigInt(file.bytes))
    running.add(new Uint8Array(head.buffer))
    running.add(file.digest)
  }
  return running.result()
}
