import { expect, it } from 'vitest'
import { verificationWords } from '../../src/code/verification-words.ts'
import { WORDS } from '../../src/code/words.ts'

it.each([
  [
    [0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0],
  ],
  [
    [255, 255, 255, 255, 255, 255],
    [2047, 2047, 2047, 2047],
  ],
  // 00000000001 00000000010 00000000011 00000000100 0000
  [
    [0x00, 0x20, 0x08, 0x01, 0x80, 0x40],
    [1, 2, 3, 4],
  ],
])('takes 11 bits for a word: %j', (bytes, numbers) => {
  const words = numbers.map((number) => WORDS[number])
  expect(verificationWords(Uint8Array.from(bytes))).toBe(words.join(' '))
})

it('wants enough bytes', () => {
  expect(() => verificationWords(new Uint8Array(5))).toThrow(TypeError)
})
