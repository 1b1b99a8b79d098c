import { describe, expect, it } from 'vitest'
import { bytesSource } from '../../src/files/bytes-source.ts'
import { listAll, textOf } from './tree.ts'

describe('bytesSource', () => {
  it('is one file of that name', async () => {
    const source = bytesSource(Buffer.from('some bytes'), { name: 'a.bin', kind: 'file' })
    expect(source).toMatchObject({ name: 'a.bin', kind: 'file', counted: { files: 1, bytes: 10 } })
    expect(await listAll(source)).toMatchObject([{ path: 'a.bin', kind: 'file', bytes: 10 }])
    expect(await textOf(source, 0, 10)).toBe('some bytes')
  })

  it.each(['', '..', 'a/b', 'nul', 'x\n'])('refuses the name %j', (name) => {
    expect(() => bytesSource(Buffer.alloc(1), { name, kind: 'file' })).toThrow(
      expect.objectContaining({ code: 'usage' }),
    )
  })
})
