import fc from 'fast-check'
import { encodeFrame } from '../../src/transfer/encode-frame.ts'
import { type Frame, PACK } from '../../src/transfer/frame.ts'
import { arbitraryFrames } from '../transfer/arbitrary-frames.ts'
import { packOf, wholeBlock } from '../transfer/receiving.ts'
import { SIZES } from './fuzz-setting.ts'

/** What is done to one of the messages of the hostile side. */
export type HostileAction =
  | { does: 'drop' }
  | { does: 'repeat'; times: number }
  /** It comes after so many others. */
  | { does: 'hold'; messages: number }
  | { does: 'flip'; at: number; bit: number }
  | { does: 'cut off'; bytes: number }
  /** One of its numbers is another: the one before with `add`, or `add` itself. */
  | { does: 'change'; which: number; add: number; isAdded: boolean }
  | { does: 'insert'; payload: Uint8Array; times: number }
  | { does: 'replace'; payload: Uint8Array }
  /** The connection is lost behind it. */
  | { does: 'lose' }

export interface HostileStep {
  /** The number of the message, in the order in which they are said. */
  at: number
  action: HostileAction
}

const file = fc.nat(10)
const count = fc.oneof(fc.nat(12), fc.constantFrom(...SIZES), fc.maxSafeNat())
const frames = arbitraryFrames({
  file: fc.oneof({ weight: 9, arbitrary: file }, fc.nat(0xffffffff)),
  block: fc.oneof(
    { weight: 5, arbitrary: fc.nat(4) },
    { weight: 3, arbitrary: fc.nat(12).map((span) => PACK + span) },
    fc.nat(0xffffffff),
  ),
  size: count,
  length: fc.oneof(fc.constantFrom(...SIZES), fc.nat(0xffffffff)),
  path: fc.nat(14).map((number) => `${number}`),
  data: fc.constantFrom(...SIZES).map((bytes) => new Uint8Array(bytes)),
})
const content = fc.constantFrom(...SIZES).map((bytes) => new Uint8Array(bytes).fill(7))
const blocks = fc
  .record({ content, block: fc.nat(3), file })
  .map((each): Frame => wholeBlock(each.content, each.block, each.file))
const packs = fc
  .record({ contents: fc.array(content, { minLength: 1, maxLength: 5 }), file, more: fc.nat(3) })
  .map((each): Frame => packOf(each.contents, each.file, each.contents.length + each.more))

const { accept, decline, have, skip, checked, ack, saved, received, abort, ...others } = frames
const said = {
  sender: [
    { weight: 3, arbitrary: blocks },
    { weight: 3, arbitrary: packs },
    ...Object.values(others),
    received,
    abort,
  ],
  receiver: [accept, decline, have, skip, checked, ack, saved, received, abort, others.keep],
}
const payloads = (side: 'sender' | 'receiver') =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .oneof(...said[side])
        .map((frame) => Uint8Array.from(Buffer.concat(encodeFrame(frame)))),
    },
    fc.uint8Array({ maxLength: 100 }),
  )

const is = <Does extends HostileAction['does']>(does: Does) => fc.constant(does)
const actionsOf = (payload: fc.Arbitrary<Uint8Array>): fc.Arbitrary<HostileAction> =>
  fc.oneof(
    fc.record({ does: is('drop') }),
    fc.record({ does: is('repeat'), times: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ does: is('hold'), messages: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ does: is('flip'), at: fc.nat(120), bit: fc.nat(7) }),
    fc.record({ does: is('cut off'), bytes: fc.integer({ min: 1, max: 60 }) }),
    {
      weight: 5,
      arbitrary: fc.record({
        does: is('change'),
        which: fc.nat(40),
        add: fc.oneof(fc.integer({ min: -3, max: 3 }), count),
        isAdded: fc.boolean(),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        does: is('insert'),
        payload,
        times: fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.constant(3000)),
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: is('replace'), payload }) },
    { weight: 2, arbitrary: fc.record({ does: is('lose') }) },
  )

/** What a hostile `side` may do. */
export function hostileSteps(side: 'sender' | 'receiver'): fc.Arbitrary<HostileStep[]> {
  const at = fc.oneof(fc.nat(5), fc.nat(25))
  const action = actionsOf(payloads(side))
  return fc.array(fc.record({ at, action }), { minLength: 1, maxLength: 6 })
}
