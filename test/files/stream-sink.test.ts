import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { StreamSink } from '../../src/files/stream-sink.ts'

const file = { kind: 'file' } as const

describe('a sink that is a stream', () => {
  it('gets everything in order, in whatever order it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        async (sizes, random) => {
          const content = randomBytes(sizes.reduce((sum, size) => sum + size, 0))
          const written: Uint8Array[] = []
          const sink = new StreamSink({
            write: async (chunk) => {
              await undefined
              written.push(chunk)
            },
          })
          let offset = 0
          const ranges = sizes.map((size) => {
            offset += size
            return { offset: offset - size, size, order: random.next().value ?? 0 }
          })
          ranges.sort((a, b) => a.order - b.order)
          await sink.list(0, [file])
          await Promise.all(
            ranges.map((range) => {
              const half = range.offset + (range.size >> 1)
              const end = range.offset + range.size
              const parts = [content.subarray(range.offset, half), content.subarray(half, end)]
              return sink.write(0, range.offset, parts)
            }),
          )
          await sink.finish(0, content.length)
          expect(Buffer.concat(written)).toEqual(content)
          await expect(sink.finish(0, content.length + 1)).rejects.toMatchObject({
            code: 'integrity',
          })
        },
      ),
    )
  })

  it('fails for all that wait when the stream does', async () => {
    const sink = new StreamSink({
      write: async () => {
        throw new ShareError('cancelled', 'Nobody reads any more')
      },
    })
    const later = sink.write(0, 10, [Buffer.from('b')])
    const now = sink.write(0, 0, [Buffer.alloc(10)])
    const outcomes = await Promise.allSettled([later, now, sink.write(0, 11, [])])
    expect(outcomes.slice(0, 2)).toMatchObject([
      { reason: { code: 'cancelled' } },
      { reason: { code: 'cancelled' } },
    ])
  }, 2000)

  it('takes one file and nothing else', async () => {
    const directory = { kind: 'directory' } as const
    for (const entries of [[directory], [file, file]]) {
      const sink = new StreamSink({ write: async () => {} })
      await expect(sink.list(0, entries)).rejects.toMatchObject({ code: 'file-failed' })
    }
  })
})
