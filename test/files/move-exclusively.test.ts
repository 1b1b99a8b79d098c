import { readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { moveExclusively } from '../../src/files/move-exclusively.ts'
import { scratchDirectory } from './scratch.ts'

function fails(code: string): () => Promise<void> {
  return async () => {
    throw Object.assign(new Error(code), { code, syscall: 'link' })
  }
}

/** How file systems answer to `link`; undefined where it works. */
const SYSTEMS = [undefined, 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

describe.each(SYSTEMS)('moveExclusively where link answers %s', (code) => {
  const linkFile = code === undefined ? undefined : fails(code)

  it('gives the file its name and takes the old one', async () => {
    const directory = scratchDirectory()
    writeFileSync(join(directory, 'from'), 'contents')
    await moveExclusively(join(directory, 'from'), join(directory, 'to'), linkFile)
    expect(readdirSync(directory)).toEqual(['to'])
    expect(readFileSync(join(directory, 'to'), 'utf8')).toBe('contents')
  })

  it('replaces nothing', async () => {
    const directory = scratchDirectory()
    writeFileSync(join(directory, 'from'), 'contents')
    writeFileSync(join(directory, 'to'), '')
    symlinkSync('nowhere', join(directory, 'dangling'))
    for (const name of ['to', 'dangling', '.']) {
      const moved = moveExclusively(join(directory, 'from'), join(directory, name), linkFile)
      await expect(moved).rejects.toMatchObject({ code: 'EEXIST' })
    }
    expect(readdirSync(directory).sort()).toEqual(['dangling', 'from', 'to'])
    expect(readFileSync(join(directory, 'to'), 'utf8')).toBe('')
    expect(readlinkSync(join(directory, 'dangling'))).toBe('nowhere')
  })

  it('leaves no trace of a move that fails', async () => {
    const directory = scratchDirectory()
    const moved = moveExclusively(join(directory, 'from'), join(directory, 'to'), linkFile)
    await expect(moved).rejects.toMatchObject({ code: 'ENOENT' })
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('moveExclusively', () => {
  it('does not try another way when link fails for another reason', async () => {
    const directory = scratchDirectory()
    writeFileSync(join(directory, 'from'), 'contents')
    const moved = moveExclusively(join(directory, 'from'), join(directory, 'to'), fails('EIO'))
    await expect(moved).rejects.toMatchObject({ code: 'EIO' })
    expect(readdirSync(directory)).toEqual(['from'])
  })
})
