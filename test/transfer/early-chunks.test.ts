import { describe, expect, it } from 'vitest'
import { RECEIVE_WINDOW_BYTES } from '../../src/limits.ts'
import { EarlyChunks } from '../../src/transfer/early-chunks.ts'
import { PACK } from '../../src/transfer/frame.ts'
import { chunk } from './receiving.ts'

const quarter = new Uint8Array(RECEIVE_WINDOW_BYTES / 4)

describe('chunks that are early', () => {
  it('are due when all that they have to do with is there, in the order in which they came', () => {
    const early = new EarlyChunks()
    const pack = chunk({ file: 1, block: PACK + 3 })
    const [two, one] = [chunk({ file: 2 }), chunk({ file: 1 })]
    for (const each of [pack, two, one]) early.keep(each)
    expect(early.take(1)).toEqual([])
    expect([early.reach(3), early.reach(4)]).toEqual([true, false])
    expect(early.take(3)).toEqual([two, one])
    expect(early.take(4)).toEqual([pack])
    expect(early.take(9)).toEqual([])
  })

  it('take no more memory than a window, and make room when they are due', () => {
    const early = new EarlyChunks()
    for (const file of [0, 1, 2, 3]) early.keep(chunk({ file, data: quarter }))
    expect(early.take(1)).toHaveLength(1)
    early.keep(chunk({ file: 4, data: quarter }))
    expect(() => early.keep(chunk({ file: 5 }))).toThrow(
      expect.objectContaining({ code: 'protocol' }),
    )
  })
})
