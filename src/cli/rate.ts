import { ShareError } from '../errors.ts'

const UNIT_BYTES: Record<string, number> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
}

/**
 * How many bytes a second `text` means: `500k`, `5M` and `5MB/s` in powers of 1000, `2MiB` in powers
 * of 1024, or a plain number of bytes. Throws ShareError `usage` where it is none.
 */
export function parseRate(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?([kmg]i?|)b?(?:\/s|ps)?$/.exec(text.trim().toLowerCase())
  const bytesPerSecond = Number(match?.[1]) * (UNIT_BYTES[match?.[2] ?? ''] ?? Number.NaN)
  if (Number.isFinite(bytesPerSecond)) return Math.round(bytesPerSecond)
  throw new ShareError('usage', `"${text}" is not a rate`, {
    hint: 'Write it like 500k, 5M or 2MiB: bytes a second.',
  })
}
