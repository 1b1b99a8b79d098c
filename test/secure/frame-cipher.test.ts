import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNodeAead } from '../../src/secure/aead.node.ts'
import { FRAME_OVERHEAD_BYTES, FrameOpener, FrameSealer } from '../../src/secure/frame-cipher.ts'
import { seededRandom } from './seeded-random.ts'
import { bytesOf, hexOf, textOf } from './text.ts'
import { thrownBy } from './thrown.ts'

const key = seededRandom('frame key')(32)
const header = bytesOf('head')

function sealAll(...texts: string[]): Uint8Array[] {
  const sealer = new FrameSealer(createNodeAead(key))
  return texts.map((text) => sealer.seal(header, [bytesOf(text)]))
}

describe('frames', () => {
  it('open in the order in which they were sealed', () => {
    const frame = fc.record({
      frameHeader: fc.uint8Array({ maxLength: 20 }),
      parts: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(frame), (frames) => {
        const sealer = new FrameSealer(createNodeAead(key))
        const opener = new FrameOpener(createNodeAead(key))
        for (const { frameHeader, parts } of frames) {
          const message = sealer.seal(frameHeader, parts)
          const whole = Buffer.concat(parts)
          expect(hexOf(message.subarray(0, frameHeader.length))).toBe(hexOf(frameHeader))
          expect(message).toHaveLength(frameHeader.length + whole.length + FRAME_OVERHEAD_BYTES)
          expect(hexOf(opener.open(message, frameHeader.length))).toBe(hexOf(whole))
        }
      }),
    )
  })

  it('have a counter in 96 bits, big endian, as their nonce', () => {
    const nonce = Buffer.alloc(12)
    nonce[11] = 2
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(header)
    const ciphertext = Buffer.concat([cipher.update(bytesOf('third')), cipher.final()])
    const expected = Buffer.concat([header, ciphertext, cipher.getAuthTag()])
    expect(hexOf(sealAll('first', 'second', 'third').at(-1) ?? header)).toBe(hexOf(expected))
  })

  it('differ though their contents are the same', () => {
    const frames = sealAll('same', 'same', 'same')
    expect(new Set(frames.map(hexOf)).size).toBe(3)
  })
})

describe('FrameOpener', () => {
  const refusals: [string, (frames: Uint8Array[]) => (Uint8Array | undefined)[]][] = [
    ['a repeated frame', ([first]) => [first, first]],
    ['a frame after a gap', ([, second]) => [second]],
    ['frames in another order', ([first, second]) => [second, first]],
    ['an altered header', ([first]) => [first?.with(0, 0)]],
    ['altered contents', ([first]) => [first?.with(5, (first[5] ?? 0) ^ 1)]],
    ['an altered tag', ([first]) => [first?.with(-1, (first.at(-1) ?? 0) ^ 1)]],
    ['a frame without room for a tag', () => [new Uint8Array(header.length + 15)]],
    ['an empty message', () => [new Uint8Array(0)]],
  ]

  it.each(refusals)('refuses %s', (_, attack) => {
    const opener = new FrameOpener(createNodeAead(key))
    const messages = attack(sealAll('first', 'second').map((frame) => Uint8Array.from(frame)))
    const error = thrownBy(() => {
      for (const message of messages) opener.open(message ?? header, header.length)
    })
    expect(error.code).toBe('integrity')
  })

  it('opens nothing more after a bad frame', () => {
    const opener = new FrameOpener(createNodeAead(key))
    const [first = header] = sealAll('first')
    const bad = Uint8Array.from(first).with(-1, (first.at(-1) ?? 0) ^ 1)
    const error = thrownBy(() => opener.open(bad, header.length))
    expect(thrownBy(() => opener.open(first, header.length))).toBe(error)
  })

  it('refuses frames of another lane', () => {
    const opener = new FrameOpener(createNodeAead(seededRandom('other lane')(32)))
    const [first = header] = sealAll('first')
    expect(thrownBy(() => opener.open(first, header.length)).code).toBe('integrity')
  })
})

describe('the number of frames under one key', () => {
  it('is limited, so that no nonce comes twice', () => {
    const sealer = new FrameSealer(createNodeAead(key), 2)
    const opener = new FrameOpener(createNodeAead(key), 2)
    for (const text of ['first', 'second']) {
      const message = sealer.seal(header, [bytesOf(text)])
      expect(textOf(opener.open(message, header.length))).toBe(text)
    }
    expect(thrownBy(() => sealer.seal(header, [])).code).toBe('interrupted')
    const third = sealAll('', '', '').at(-1) ?? header
    expect(thrownBy(() => opener.open(third, header.length)).code).toBe('integrity')
  })
})
