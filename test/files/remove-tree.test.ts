import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { type HeldDirectory, holdDirectory } from '../../src/files/held-directory.ts'
import { removeTree } from '../../src/files/remove-tree.ts'
import { emptyDirectory } from './incoming.ts'
import { asOrdinaryUser, failure, snapshot } from './scratch.ts'

async function holding<Result>(
  path: string,
  work: (held: HeldDirectory) => Promise<Result>,
): Promise<Result> {
  const held = await holdDirectory(path)
  try {
    return await work(held)
  } finally {
    await held.close()
  }
}

describe('removeTree', () => {
  it('removes everything below a name, and nothing that links in it point to', async () => {
    const [directory, outside] = [emptyDirectory(), emptyDirectory()]
    writeFileSync(join(outside, 'precious'), 'precious')
    mkdirSync(join(directory, 'tree/a/b/c'), { recursive: true })
    for (let at = 0; at < 300; at++) writeFileSync(join(directory, `tree/a/${at}`), '')
    symlinkSync(outside, join(directory, 'tree/a/directory'))
    symlinkSync(join(outside, 'precious'), join(directory, 'tree/a/b/file'))
    execFileSync('mkfifo', [join(directory, 'tree/pipe')])
    writeFileSync(join(directory, 'stays'), '')
    const before = snapshot(outside)
    await holding(directory, (held) => removeTree(held, 'tree'))
    await holding(directory, (held) => removeTree(held, 'tree'))
    expect(readdirSync(directory)).toEqual(['stays'])
    expect(snapshot(outside)).toEqual(before)
  })

  it('removes a link, not what it points to', async () => {
    const [directory, outside] = [emptyDirectory(), emptyDirectory()]
    writeFileSync(join(outside, 'precious'), 'precious')
    symlinkSync(outside, join(directory, 'tree'))
    await holding(directory, (held) => removeTree(held, 'tree'))
    expect(readdirSync(directory)).toEqual([])
    expect(readdirSync(outside)).toEqual(['precious'])
  })

  it('removes directories that may be neither listed nor changed', async () => {
    const directory = emptyDirectory()
    chmodSync(directory, 0o777)
    await asOrdinaryUser(async () => {
      mkdirSync(join(directory, 'tree/a/b'), { recursive: true })
      writeFileSync(join(directory, 'tree/a/b/file'), '')
      for (const [path, mode] of [
        ['tree/a/b', 0o000],
        ['tree/a', 0o555],
        ['tree', 0o100],
      ] as const) {
        chmodSync(join(directory, path), mode)
      }
      await holding(directory, (held) => removeTree(held, 'tree'))
    })
    expect(readdirSync(directory)).toEqual([])
  })

  it('stops when it is aborted', async () => {
    const directory = emptyDirectory()
    mkdirSync(join(directory, 'tree'))
    const reason = new ShareError('stopped-sigint', 'Stopped')
    const removal = holding(directory, (held) =>
      removeTree(held, 'tree', AbortSignal.abort(reason)),
    )
    await expect(removal).rejects.toBe(reason)
    expect(readdirSync(directory)).toEqual(['tree'])
  })

  it('gives up on what is nested more deeply than it can have been made', async () => {
    const directory = emptyDirectory()
    mkdirSync(join(directory, 'tree', ...Array.from({ length: 200 }, () => 'd')), {
      recursive: true,
    })
    await failure(
      holding(directory, (held) => removeTree(held, 'tree')),
      'file-failed',
    )
  })
})
