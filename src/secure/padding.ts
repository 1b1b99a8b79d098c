const MARKER = 0x80

/** Pads to the next multiple of `blockBytes` with 0x80 and zeros (ISO/IEC 7816-4); always adds. */
export function pad(plaintext: Uint8Array, blockBytes: number): Uint8Array {
  const blocks = Math.floor(plaintext.length / blockBytes) + 1
  const padded = new Uint8Array(blocks * blockBytes)
  padded.set(plaintext)
  padded.set([MARKER], plaintext.length)
  return padded
}

/** What was padded, or undefined where `padded` is nothing that `pad` makes. */
export function unpad(padded: Uint8Array, blockBytes: number): Uint8Array | undefined {
  if (padded.length === 0 || padded.length % blockBytes !== 0) return undefined
  const marker = padded.findLastIndex((byte) => byte !== 0)
  const inLastBlock = marker >= padded.length - blockBytes
  return inLastBlock && padded[marker] === MARKER ? padded.subarray(0, marker) : undefined
}
