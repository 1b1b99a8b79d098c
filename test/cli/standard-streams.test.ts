import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ContentsOutput, readInput } from '../../src/cli/standard-streams.ts'
import { ShareError } from '../../src/errors.ts'
import { MIB } from '../../src/limits.ts'
import { failure, scratchDirectory, smallFileSystem } from '../files/scratch.ts'

async function drain(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('readInput', () => {
  const { signal } = new AbortController()

  it('passes on what comes, as bytes', async () => {
    const stdin = new PassThrough()
    stdin.setEncoding('utf8')
    stdin.write('first,')
    setTimeout(() => stdin.end('then the rest'), 20)
    expect(await drain(readInput(stdin, signal))).toBe('first,then the rest')
  })

  it('ends when it is told to, though nothing comes', async () => {
    const stopping = new AbortController()
    const reading = drain(readInput(new PassThrough(), stopping.signal))
    stopping.abort(new ShareError('stopped-sigint', 'Stopped'))
    await failure(reading, 'stopped-sigint')
  })

  it('says so where it cannot be read', async () => {
    const stdin = new PassThrough()
    const reading = drain(readInput(stdin, signal))
    stdin.destroy(new Error('EISDIR: illegal operation'))
    const { message } = await failure(reading, 'file-failed')
    expect(message).toBe('Standard input cannot be read: EISDIR: illegal operation')
  })
})

/** A stream for the file at `path`, as process.stdout is one. */
function fileStream(path: string): Writable & { fd: number } {
  return Object.assign(new Writable(), { fd: openSync(path, 'w') })
}

describe('ContentsOutput', () => {
  it('waits for a slow reader', async () => {
    const taking: (() => void)[] = []
    const stream = new Writable({ write: (_chunk, _encoding, done) => taking.push(done) })
    const output = new ContentsOutput(stream)
    let written = 0
    for (const part of ['first', 'second']) {
      void output.write(Buffer.from(part)).then(() => {
        written += 1
      })
    }
    for (const count of [0, 1, 2]) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(written).toBe(count)
      taking.shift()?.()
    }
  })

  it('ends with whoever read it', async () => {
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(error) })
    stream.on('error', () => {})
    const { message } = await failure(
      new ContentsOutput(stream).write(Buffer.from('a')),
      'cancelled',
    )
    expect(message).toBe('Whoever read standard output has ended')
  })

  it('fails with what the stream fails with, and from then on', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no way')) })
    stream.on('error', () => {})
    const output = new ContentsOutput(stream)
    await failure(output.write(Buffer.from('a')), 'file-failed')
    await failure(output.write(Buffer.from('b')), 'file-failed')
  })

  it('writes a file in order, past the stream', async () => {
    const path = join(scratchDirectory(), 'out')
    const output = new ContentsOutput(fileStream(path))
    const parts = ['a', 'b', 'c'].map((letter) => letter.repeat(MIB))
    await Promise.all(parts.map((part) => output.write(Buffer.from(part))))
    expect(readFileSync(path, 'latin1')).toBe(parts.join(''))
  })

  it('notices a full disk, even if part of a chunk fits', async (context) => {
    const path = join(smallFileSystem(MIB, context), 'out')
    const output = new ContentsOutput(fileStream(path))
    await failure(output.write(Buffer.alloc(MIB + 1)), 'disk-full')
  })
})
