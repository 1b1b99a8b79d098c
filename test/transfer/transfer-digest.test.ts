import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DigestedEntry, TransferDigest } from '../../src/transfer/transfer-digest.ts'

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const path = fc.string({ minLength: 1, unit: 'grapheme' })
const entry: fc.Arbitrary<DigestedEntry> = fc.oneof(
  fc.record({ path, kind: fc.constant('file' as const), bytes: fc.maxSafeNat(), digest }),
  fc.record({ path, kind: fc.constant('directory' as const), bytes: fc.constant(0) }),
)
const entries = fc.array(fc.option(entry, { nil: undefined }), { maxLength: 20 })

/** What PROTOCOL.md says, in the plainest way. */
function specified(list: readonly (DigestedEntry | undefined)[]): string {
  const hash = createHash('sha256')
  for (const each of list) {
    if (each === undefined) continue
    const name = Buffer.from(each.kind === 'directory' ? `${each.path}/` : each.path)
    const [length, size] = [Buffer.alloc(4), Buffer.alloc(8)]
    length.writeUInt32BE(name.length)
    size.writeBigUInt64BE(BigInt(each.bytes))
    for (const part of [length, name, size, each.digest ?? Buffer.alloc(32)]) hash.update(part)
  }
  return hash.digest('hex')
}

const hexOf = (all: TransferDigest) => Buffer.from(all.result()).toString('hex')

describe('the digest of a transfer', () => {
  it('is the one specified, in whatever order its entries become known', () => {
    fc.assert(
      fc.property(
        entries.chain((list) =>
          fc.record({
            list: fc.constant(list),
            order: fc.shuffledSubarray([...list.keys()], { minLength: list.length }),
          }),
        ),
        ({ list, order }) => {
          const all = new TransferDigest()
          for (const [at, index] of order.entries()) {
            all.add(index, list[index])
            const known = order.slice(0, at + 1)
            const gap = list.findIndex((_, each) => !known.includes(each))
            expect(all.through).toBe(gap < 0 ? list.length : gap)
          }
          const files = list.filter((each) => each?.kind === 'file')
          expect(all.files).toBe(files.length)
          expect(all.bytes).toBe(files.reduce((sum, each) => sum + (each?.bytes ?? 0), 0))
          expect(hexOf(all)).toBe(specified(list))
        },
      ),
    )
  })

  it('tells a directory from an empty file, and where a name ends', () => {
    const of = (...list: DigestedEntry[]) => {
      const all = new TransferDigest()
      for (const [at, each] of list.entries()) all.add(at, each)
      return hexOf(all)
    }
    const file = { kind: 'file' as const, bytes: 0, digest: new Uint8Array(32) }
    const directory = of({ path: 'a', kind: 'directory', bytes: 0 })
    expect(directory).not.toBe(of({ ...file, path: 'a' }))
    expect(of({ ...file, path: 'a' }, { ...file, path: 'b' })).not.toBe(
      of({ ...file, path: 'b' }, { ...file, path: 'a' }),
    )
  })

  it('takes no entry twice', () => {
    const all = new TransferDigest()
    all.add(2, undefined)
    all.add(0, undefined)
    expect(() => all.add(0, undefined)).toThrow(TypeError)
    expect(() => all.add(2, undefined)).toThrow(TypeError)
  })
})
