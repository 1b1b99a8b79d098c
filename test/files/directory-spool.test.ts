import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DirectorySpool, type SpooledDirectory } from '../../src/files/directory-spool.ts'
import { holdDirectory } from '../../src/files/held-directory.ts'
import { emptyDirectory } from './incoming.ts'

describe('DirectorySpool', () => {
  it('gives back what was added, the last first', async () => {
    const staged = await holdDirectory(emptyDirectory())
    const entry = fc.record({
      path: fc.oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }),
        fc.constant('x'.repeat(4096)),
      ),
      mode: fc.integer({ min: 0, max: 0o777 }),
      modifiedMs: fc.oneof(fc.double(), fc.constant(Number.NaN)),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(entry), { maxLength: 20 }), async (batches) => {
        const spool = await DirectorySpool.create(staged)
        for (const batch of batches) await spool.add(batch)
        const found: SpooledDirectory[] = []
        for await (const directory of spool.backwards()) found.push(directory)
        await spool.close()
        expect(found).toEqual(batches.flat().reverse())
      }),
    )
    await staged.close()
  })

  it('does not write through a link that an earlier run left', async () => {
    const directory = emptyDirectory()
    const precious = join(emptyDirectory(), 'precious')
    writeFileSync(precious, 'precious')
    symlinkSync(precious, join(directory, 'directories'))
    const staged = await holdDirectory(directory)
    const spool = await DirectorySpool.create(staged)
    await spool.add([{ path: 'd', mode: 0o755, modifiedMs: 0 }])
    await spool.close()
    await staged.close()
    expect(readFileSync(precious, 'utf8')).toBe('precious')
  })
})
