import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNodeAead } from '../../src/secure/aead.node.ts'
import { createAead } from '../../src/secure/aead.ts'
import { seededRandom } from './seeded-random.ts'
import { fromHex, hexOf } from './text.ts'

const implementations = [
  ['noble', createAead],
  ['Node', createNodeAead],
] as const

/** Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation". */
const GCM = {
  key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
  nonce: 'cafebabefacedbaddecaf888',
  header: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
  plaintext:
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  ciphertext:
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
  tag: '76fc6ece0f4e1768cddf8853bb2d551b',
}

describe.each(implementations)('the AEAD of %s', (_, create) => {
  const random = seededRandom('aead')
  const aead = create(random(32))
  const nonce = random(12)
  const header = random(9)
  const sealed = () => aead.seal(nonce, header, [random(20)])

  it("gives GCM's published test case", () => {
    const message = create(fromHex(GCM.key)).seal(fromHex(GCM.nonce), fromHex(GCM.header), [
      fromHex(GCM.plaintext),
    ])
    expect(hexOf(message)).toBe(GCM.header + GCM.ciphertext + GCM.tag)
  })

  it('refuses a message with any byte altered', () => {
    const message = Uint8Array.from(sealed())
    for (const [at, byte] of message.entries()) {
      expect(() => aead.open(nonce, message.with(at, byte ^ 0x10), header.length)).toThrow()
    }
  })

  it('refuses a message whose end is cut off', () => {
    const message = sealed()
    for (let length = header.length + 16; length < message.length; length += 1) {
      expect(() => aead.open(nonce, message.subarray(0, length), header.length)).toThrow()
    }
  })

  it('refuses a message under another nonce or with another split', () => {
    const message = sealed()
    expect(() => aead.open(random(12), message, header.length)).toThrow()
    expect(() => aead.open(nonce, message, header.length - 1)).toThrow()
    expect(() => aead.open(nonce, message, header.length + 1)).toThrow()
  })

  it('gives out a plaintext that does not change with the message', () => {
    const plaintext = random(5000)
    const message = aead.seal(nonce, header, [plaintext])
    const opened = aead.open(nonce, message, header.length)
    message.fill(0)
    expect(hexOf(opened)).toBe(hexOf(plaintext))
  })
})

describe('the two AEADs', () => {
  it('make and read the same messages, however the plaintext is cut', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 })
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(bytes(32), bytes(12), fc.uint8Array(), parts, (key, nonce, header, plain) => {
        const [noble, node] = [createAead(key), createNodeAead(key)]
        const message = node.seal(nonce, header, plain)
        expect(hexOf(message)).toBe(hexOf(noble.seal(nonce, header, plain)))
        const whole = hexOf(Buffer.concat(plain))
        expect(hexOf(node.open(nonce, message, header.length))).toBe(whole)
        expect(hexOf(noble.open(nonce, message, header.length))).toBe(whole)
      }),
    )
  })

  it('agree on a message of 256 KiB', () => {
    const random = seededRandom('large')
    const [key, nonce, header, plaintext] = [random(32), random(12), random(12), random(262_116)]
    const message = createNodeAead(key).seal(nonce, header, [plaintext])
    expect(hexOf(createAead(key).open(nonce, message, 12))).toBe(hexOf(plaintext))
  })
})
