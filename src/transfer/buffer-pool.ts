/** Buffers to use again: fresh ones cost page faults, and are freed late. */
export class BufferPool {
  readonly #free: ArrayBuffer[] = []

  /** A buffer of `bytes`, with whatever was in it before. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const index = this.#free.findIndex((buffer) => buffer.byteLength >= bytes)
    const [buffer] = index < 0 ? [] : this.#free.splice(index, 1)
    return new Uint8Array(buffer ?? new ArrayBuffer(bytes), 0, bytes)
  }

  /** Takes back a buffer that `take` gave, or a view of one, when nobody uses it any more. */
  give(bytes: Uint8Array<ArrayBufferLike>): void {
    if (bytes.buffer instanceof ArrayBuffer) this.#free.push(bytes.buffer)
  }
}
