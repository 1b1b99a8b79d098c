import { describe, expect, it } from 'vitest'
import { textSource } from '../../src/files/text-source.ts'
import { MAX_TEXT_BYTES } from '../../src/limits.ts'
import { listAll, textOf } from './tree.ts'

describe('textSource', () => {
  it('is one file with the text in UTF-8', async () => {
    const source = textSource('Grüße 👋\n')
    const bytes = Buffer.byteLength('Grüße 👋\n')
    expect(source).toMatchObject({ name: 'text.txt', kind: 'text', counted: { files: 1, bytes } })
    expect(await source.totals).toEqual({ files: 1, bytes })
    const entry = { path: 'text.txt', kind: 'file', bytes, mode: 0o644 }
    expect(await listAll(source)).toMatchObject([entry])
    expect(await textOf(source, 0, bytes)).toBe('Grüße 👋\n')
    const part = Buffer.alloc(2)
    expect(await source.read(0, 1, part)).toBe(2)
    expect(part.toString()).toBe('rü'.slice(0, 1) + Buffer.from('ü').subarray(0, 1).toString())
    await source.finish(0)
    source.release(0)
    await source.restart()
    expect(await listAll(source)).toMatchObject([entry])
    await source.close()
  })

  it('may be empty', async () => {
    const source = textSource('')
    expect(await listAll(source)).toMatchObject([{ bytes: 0 }])
    expect(await textOf(source, 0, 0)).toBe('')
  })

  it('has no other ranges or files', async () => {
    const source = textSource('abc')
    await expect(source.read(0, 2, Buffer.alloc(2))).rejects.toThrow(TypeError)
    await expect(source.read(1, 0, Buffer.alloc(1))).rejects.toThrow(TypeError)
    await expect(source.finish(1)).rejects.toThrow(TypeError)
  })

  it('has its limit', () => {
    expect(textSource('x'.repeat(MAX_TEXT_BYTES)).counted.bytes).toBe(MAX_TEXT_BYTES)
    expect(() => textSource('é'.repeat(MAX_TEXT_BYTES / 2 + 1))).toThrow(
      expect.objectContaining({ code: 'usage' }),
    )
  })
})
