/**
 * Buffers to use again, because memory outside the heap is freed late: without it a fast transfer
 * holds many times what it needs.
 */
export class BufferPool {
  readonly #free: ArrayBuffer[] = []

  /** A buffer of `bytes`, with whatever was in it before. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const index = this.#free.findIndex((buffer) => buffer.byteLength >= bytes)
    const [buffer] = index < 0 ? [] : this.#free.splice(index, 1)
    return new Uint8Array(buffer ?? new ArrayBuffer(bytes), 0, bytes)
  }

  /** Takes back a buffer that `take` gave and nobody uses any more. */
  give(bytes: Uint8Array<ArrayBufferLike>): void {
    if (bytes.buffer instanceof ArrayBuffer) this.#free.push(bytes.buffer)
  }
}
