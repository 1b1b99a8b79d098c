import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Content, FAST, SimulatedSending, secondsWith } from './simulated-sending.ts'

const TEXT: Content = { sampled: 0.6, actual: 0.26 }
const NOISE: Content = { sampled: 0.99, actual: 1.004 }

const repeat = (content: Content, blocks: number) => Array.from({ length: blocks }, () => content)
const share = (flags: boolean[]) => flags.filter(Boolean).length / flags.length

describe('a block is compressed', () => {
  it('from the first one on, where it looks compressible', () => {
    const sending = new SimulatedSending({ ...FAST, lineBytesPerSecond: 20e6 })
    expect(sending.send([TEXT, TEXT]).compressed).toEqual([true, true])
  })

  it('where the line is the bottleneck', () => {
    const sending = new SimulatedSending({ ...FAST, lineBytesPerSecond: 100e6 })
    expect(share(sending.send(repeat(TEXT, 3000)).compressed)).toBe(1)
  })

  it('where the processor is, as on loopback: what the engine is saved is more', () => {
    const loopback = { ...FAST, engineSecondsPerByte: 5e-9, codecSecondsPerByte: 2.5e-9 }
    const sending = new SimulatedSending({ ...loopback, processors: 1 })
    expect(share(sending.send(repeat(TEXT, 10_000)).compressed)).toBeGreaterThan(0.9)
  })
})

describe('a block goes plain', () => {
  it('where the processor is the bottleneck and compression costs more than it saves', () => {
    const busy = { ...FAST, engineSecondsPerByte: 2e-9, codecSecondsPerByte: 5e-9, processors: 1 }
    const sending = new SimulatedSending(busy)
    sending.send(repeat(TEXT, 3000))
    expect(share(sending.send(repeat(TEXT, 3000)).compressed)).toBeLessThan(0.05)
  })

  it('where the line is faster than the compressor', () => {
    const sending = new SimulatedSending({
      ...FAST,
      lineBytesPerSecond: 3e9,
      codecSecondsPerByte: 4e-9,
      parallelBlocks: 2,
    })
    sending.send(repeat(TEXT, 4000))
    expect(share(sending.send(repeat(TEXT, 4000)).compressed)).toBeLessThan(0.05)
  })

  it('where it would hardly become smaller, however slow the line', () => {
    const sending = new SimulatedSending({ ...FAST, lineBytesPerSecond: 1e6 })
    const { compressed, sampledBlocks } = sending.send(repeat(NOISE, 2000))
    expect(share(compressed)).toBeLessThan(0.01)
    expect(sampledBlocks).toBeLessThan(2000 * 0.3)
  })

  it('where the codec makes less of it than the sample promised', () => {
    const base64: Content = { sampled: 0.75, actual: 1 }
    const sending = new SimulatedSending({ ...FAST, lineBytesPerSecond: 1e6 })
    expect(share(sending.send(repeat(base64, 2000)).compressed)).toBeLessThan(0.02)
  })
})

describe('a policy notices', () => {
  const slow = { ...FAST, lineBytesPerSecond: 50e6 }

  it('within four blocks that the data has become compressible', () => {
    const sending = new SimulatedSending(slow)
    sending.send(repeat(NOISE, 1000))
    const { compressed } = sending.send(repeat(TEXT, 20))
    expect(compressed.indexOf(true)).toBeLessThan(4)
    expect(share(compressed.slice(4))).toBe(1)
  })

  it('every block of text between blocks of noise', () => {
    const sending = new SimulatedSending(slow)
    const mixed = Array.from({ length: 500 }, () => [NOISE, TEXT]).flat()
    const { compressed } = sending.send(mixed)
    expect(share(compressed.filter((_, index) => mixed[index] === TEXT))).toBe(1)
    expect(share(compressed.filter((_, index) => mixed[index] === NOISE))).toBe(0)
  })

  it('repetition that samples do not show', () => {
    const repeated: Content = { sampled: 0.99, actual: 0.01 }
    const sending = new SimulatedSending(slow)
    sending.send(repeat(repeated, 300))
    expect(share(sending.send(repeat(repeated, 500)).compressed)).toBeGreaterThan(0.99)
  })

  it('that a fast line has become slow, and a slow one fast', () => {
    const fast = { ...FAST, lineBytesPerSecond: 3e9, codecSecondsPerByte: 1e-8 }
    const sending = new SimulatedSending(fast)
    sending.send(repeat(TEXT, 3000))
    expect(share(sending.send(repeat(TEXT, 1000)).compressed)).toBeLessThan(0.05)
    sending.surroundings = { ...fast, lineBytesPerSecond: 20e6 }
    sending.send(repeat(TEXT, 100))
    expect(share(sending.send(repeat(TEXT, 1000)).compressed)).toBe(1)
    sending.surroundings = fast
    sending.send(repeat(TEXT, 5000))
    expect(share(sending.send(repeat(TEXT, 1000)).compressed)).toBeLessThan(0.05)
  })
})

describe('a transfer takes', () => {
  const logScale = (min: number, max: number) =>
    fc
      .double({ min: Math.log(min), max: Math.log(max), noNaN: true })
      .map((value) => Math.exp(value))
  const surroundings = fc.record({
    lineBytesPerSecond: logScale(1e6, 5e9),
    sourceBytesPerSecond: logScale(5e7, 1e10),
    codecSecondsPerByte: logScale(5e-10, 2e-8),
    engineSecondsPerByte: logScale(1e-10, 2e-8),
    processors: logScale(0.5, 16),
    parallelBlocks: fc.integer({ min: 1, max: 4 }),
  })
  const content = fc.record({
    sampled: fc.double({ min: 0, max: 1, noNaN: true }),
    actual: fc.double({ min: 0.01, max: 1, noNaN: true }),
  })

  it('hardly longer than the better of always and never compressing', () => {
    fc.assert(
      fc.property(surroundings, content, (place, kind) => {
        const sending = new SimulatedSending(place)
        // Until the first probes and trials are over.
        for (let seconds = 0, rounds = 0; seconds < 7 || rounds < 2; rounds += 1) {
          seconds += sending.send(repeat(kind, 500)).seconds
        }
        const contents = repeat(kind, 2000)
        const { seconds } = sending.send(contents)
        const best = Math.min(
          secondsWith(place, contents, () => true),
          secondsWith(place, contents, () => false),
        )
        expect(seconds / best).toBeLessThan(1.2)
      }),
      { numRuns: 200 },
    )
  })

  it('the same decisions again when it runs the same way again', () => {
    fc.assert(
      fc.property(surroundings, fc.array(content, { maxLength: 300 }), (place, contents) => {
        const first = new SimulatedSending(place).send(contents)
        expect(new SimulatedSending(place).send(contents)).toEqual(first)
      }),
    )
  })
})
