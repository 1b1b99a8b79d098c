import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { streamSource } from '../../src/files/stream-source.ts'
import { failure } from './scratch.ts'
import { listAll } from './tree.ts'

async function* chunksOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

describe('streamSource', () => {
  it('is one file of unknown length', async () => {
    const source = streamSource(chunksOf('abc'), { name: 'dump.sql' })
    expect(source).toMatchObject({
      name: 'dump.sql',
      kind: 'file',
      counted: { files: 1, bytes: 0 },
    })
    expect(await listAll(source)).toEqual([
      { path: 'dump.sql', kind: 'file', bytes: null, mode: 0o644, modifiedMs: expect.any(Number) },
    ])
    await source.close()
  })

  it('gives what comes in ranges of any size, whatever its chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (chunks, sizes, areTogether) => {
          const contents = Buffer.concat(chunks)
          const source = streamSource(Readable.from(chunks, { objectMode: true }), { name: 'x' })
          const reads: Promise<Buffer>[] = []
          let offset = 0
          for (let at = 0; offset <= contents.length; at++) {
            const buffer = Buffer.alloc(sizes[at % sizes.length] ?? 1)
            const expected = Math.min(buffer.length, contents.length - offset)
            const read = source.read(0, offset, buffer).then((bytes) => {
              expect(bytes).toBe(expected)
              return buffer.subarray(0, bytes)
            })
            reads.push(read)
            if (!areTogether) await read
            offset += buffer.length
          }
          expect(Buffer.concat(await Promise.all(reads)).equals(contents)).toBe(true)
          expect(await source.read(0, offset, Buffer.alloc(1))).toBe(0)
          const totals = { files: 1, bytes: contents.length }
          expect(await source.totals).toEqual(totals)
          expect(source.counted).toEqual(totals)
          await source.finish(0)
          await source.close()
        },
      ),
    )
  })

  it('is read in order only, and once', async () => {
    const source = streamSource(chunksOf('abcdef'), { name: 'x' })
    await expect(source.read(0, 1, Buffer.alloc(1))).rejects.toThrow(TypeError)
    await expect(source.read(1, 0, Buffer.alloc(1))).rejects.toThrow(TypeError)
    expect(await source.read(0, 0, Buffer.alloc(3))).toBe(3)
    await expect(source.read(0, 0, Buffer.alloc(3))).rejects.toThrow(TypeError)
    expect(await source.read(0, 3, Buffer.alloc(3))).toBe(3)
    await source.close()
  })

  it('takes no more from the stream than is asked for', async () => {
    let given = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given++
        yield Buffer.alloc(10)
      }
    }
    const source = streamSource(endless(), { name: 'x' })
    await source.list(1)
    expect(given).toBe(0)
    await source.read(0, 0, Buffer.alloc(25))
    expect(given).toBe(3)
    await source.close()
  })

  it('begins again only as long as nothing was read', async () => {
    const source = streamSource(chunksOf('abc'), { name: 'x' })
    await listAll(source)
    await source.restart()
    expect(await listAll(source)).toHaveLength(1)
    await source.read(0, 0, Buffer.alloc(1))
    const error = await failure(source.restart(), 'interrupted')
    expect(error.message).toBe('What was read from the pipe cannot be read again')
    await source.close()
  })

  it('fails with its stream, for good', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab')
      throw new Error('the disk \x1b fell')
    }
    const source = streamSource(broken(), { name: 'x' })
    expect(await source.read(0, 0, Buffer.alloc(2))).toBe(2)
    const failed = [source.read(0, 2, Buffer.alloc(1)), source.read(0, 3, Buffer.alloc(1))]
    for (const read of failed) {
      const error = await failure(read, 'file-failed')
      expect(error.message).toBe('Could not read "x": the disk \\u{1b} fell')
    }
    await failure(source.totals, 'file-failed')
    await source.close()
  })

  it('takes nothing but bytes', async () => {
    const source = streamSource(Readable.from(['text']), { name: 'x' })
    await failure(source.read(0, 0, Buffer.alloc(2)), 'usage')
    await source.close()
  })

  it('stops waiting when it is aborted, and closes the stream', async () => {
    const stream = new PassThrough()
    const abort = new AbortController()
    const source = streamSource(stream, { name: 'x', signal: abort.signal })
    const read = source.read(0, 0, Buffer.alloc(1))
    const reason = new ShareError('stopped-sigint', 'Stopped')
    abort.abort(reason)
    await expect(read).rejects.toBe(reason)
    await source.close()
    expect(stream.destroyed).toBe(true)
    await expect(source.totals).rejects.toBe(reason)
  })

  it('closes a generator that was not read to its end, and does not wait for one that hangs', async () => {
    let isClosed = false
    async function* watched(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('abc')
      } finally {
        isClosed = true
      }
    }
    const source = streamSource(watched(), { name: 'x' })
    await source.read(0, 0, Buffer.alloc(1))
    await source.close()
    await expect.poll(() => isClosed).toBe(true)
    await failure(source.totals, 'cancelled')

    async function* hanging(): AsyncGenerator<Uint8Array> {
      await new Promise(() => {})
    }
    const silent = streamSource(hanging(), { name: 'x' })
    const read = failure(silent.read(0, 0, Buffer.alloc(1)), 'cancelled')
    await silent.close()
    await read
  })

  it.each(['', 'a/b', '..', 'a\nb', 'nul'])('cannot be called %j', (name) => {
    expect(() => streamSource(chunksOf(), { name })).toThrow(
      expect.objectContaining({ code: 'usage' }),
    )
  })
})
