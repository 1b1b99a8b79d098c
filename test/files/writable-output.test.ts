import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { WritableOutput } from '../../src/files/writable-output.ts'

const chunks = ['one', 'two'].map((text) => Buffer.from(text))

/** A stream that takes `takeMs` for each chunk, and remembers what it took. */
function slowWritable(takeMs: number): { writable: Writable; taken: string[] } {
  const taken: string[] = []
  const writable = new Writable({
    highWaterMark: 1,
    write: (chunk, _encoding, done) => {
      setTimeout(() => {
        taken.push(String(chunk))
        done()
      }, takeMs)
    },
  })
  return { writable, taken }
}

describe('a WritableOutput', () => {
  it('is ended after everything that was written, no faster than the stream takes it', async () => {
    const { writable, taken } = slowWritable(20)
    const takenAfterEach: number[] = []
    const result = await new WritableOutput(writable).fill(undefined, async (writer) => {
      for (const chunk of chunks) {
        await writer.write(chunk)
        takenAfterEach.push(taken.length)
      }
      return 'all'
    })
    expect(result).toBe('all')
    expect(takenAfterEach).toEqual([1, 2])
    expect(taken).toEqual(['one', 'two'])
    expect(writable.writableFinished).toBe(true)
  })

  it('keeps what it was given, though the memory is used again', async () => {
    const through = new PassThrough()
    const chunk = Buffer.from('one')
    await new WritableOutput(through).fill(undefined, async (writer) => {
      await writer.write(chunk)
      chunk.fill(0)
    })
    expect(String(through.read())).toBe('one')
  })

  it('is destroyed with the error that came between', async () => {
    const { writable } = slowWritable(0)
    const error = new ShareError('interrupted', 'The line broke')
    await expect(
      new WritableOutput(writable).fill(undefined, async (writer) => {
        await writer.write(Buffer.from('one'))
        throw error
      }),
    ).rejects.toBe(error)
    expect(writable.destroyed).toBe(true)
    expect(writable.errored).toBe(error)
    expect(writable.writableFinished).toBe(false)
  })

  it('stops the writing when the stream is closed by somebody else, also between writes', async () => {
    const { writable } = slowWritable(0)
    const filling = new WritableOutput(writable).fill(undefined, (_writer, signal) => {
      writable.destroy()
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    })
    await expect(filling).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('is cancelled by a reader that stops', async () => {
    const through = new PassThrough()
    const filling = new WritableOutput(through).fill(undefined, async (writer) => {
      for (;;) await writer.write(Buffer.alloc(100_000))
    })
    filling.catch(() => {})
    for await (const chunk of through) if (chunk.length > 0) break
    await expect(filling).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('fails with what the stream fails with', async () => {
    const writable = new Writable({
      write: (_chunk, _encoding, done) => done(new Error('full\x1b')),
    })
    const filling = new WritableOutput(writable).fill(undefined, (writer) =>
      writer.write(Buffer.from('x')),
    )
    await expect(filling).rejects.toMatchObject({ code: 'file-failed' })
    await expect(filling).rejects.not.toThrow('\x1b')
  })

  it('hands on the signal that it was given', async () => {
    const stopping = new AbortController()
    const { writable } = slowWritable(0)
    const filling = new WritableOutput(writable).fill(stopping.signal, (_writer, signal) => {
      stopping.abort(new ShareError('stopped-sigint', 'Stopped'))
      return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve()
    })
    await expect(filling).rejects.toMatchObject({ code: 'stopped-sigint' })
  })
})
