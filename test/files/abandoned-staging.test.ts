import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeProcess, writeOwner } from '../../src/files/owner.ts'
import { createStaging } from '../../src/files/staging.ts'
import { scratchDirectory, snapshot } from './scratch.ts'

/** A directory in which a run for the key "key" was interrupted, and the path of what it left. */
async function interrupted(): Promise<{ directory: string; left: string }> {
  const directory = realpathSync(scratchDirectory())
  const staging = await createStaging({ directory, key: 'key', bytes: 8 })
  await staging.write(0, [Buffer.from('cont')])
  await staging.keep()
  return { directory, left: join(directory, readdirSync(directory)[0] ?? '') }
}

async function run(directory: string, key = 'key'): Promise<void> {
  const staging = await createStaging({ directory, key, bytes: 0 })
  await staging.discard()
}

async function ownedByChild(left: string): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  await writeOwner(join(left, 'owner'), await describeProcess(child.pid ?? 0), 'w')
  return {
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('what an interrupted run left', () => {
  it('stays until the next run for the same key', async () => {
    const { directory } = await interrupted()
    const before = snapshot(directory)
    await run(directory, 'another key')
    expect(snapshot(directory)).toEqual(before)
    await run(directory)
    expect(readdirSync(directory)).toEqual([])
  })

  it('does not pile up', async () => {
    const { directory } = await interrupted()
    for (let round = 0; round < 3; round++) {
      const staging = await createStaging({ directory, key: 'key', bytes: 8 })
      await staging.keep()
      expect(readdirSync(directory)).toHaveLength(1)
    }
  })

  it('is left alone while its owner lives, and removed once that was killed', async () => {
    const { directory, left } = await interrupted()
    const owner = await ownedByChild(left)
    await run(directory)
    expect(readFileSync(join(left, 'data'), 'utf8')).toBe('cont')
    await owner.kill()
    await run(directory)
    expect(readdirSync(directory)).toEqual([])
  })

  it('is left alone by this process while it is at work itself', async () => {
    const directory = realpathSync(scratchDirectory())
    const first = await createStaging({ directory, key: 'key', bytes: 1 })
    await run(directory)
    await first.write(0, [Buffer.from('x')])
    await first.publish({ path: join(directory, 'file'), mode: 0o644, modifiedMs: 0 })
    expect(readdirSync(directory)).toEqual(['file'])
  })

  it('is left alone without an owner only as long as it may be in the making', async () => {
    const { directory, left } = await interrupted()
    writeFileSync(join(left, 'owner'), '')
    await run(directory)
    expect(readdirSync(directory)).toHaveLength(1)
    const twoMinutesAgo = Date.now() / 1000 - 120
    utimesSync(left, twoMinutesAgo, twoMinutesAgo)
    await run(directory)
    expect(readdirSync(directory)).toEqual([])
  })

  it('is not followed when it is a symbolic link', async () => {
    const { directory, left } = await interrupted()
    const outside = realpathSync(scratchDirectory())
    renameSync(left, join(outside, 'elsewhere'))
    symlinkSync(join(outside, 'elsewhere'), left)
    const before = [snapshot(directory), snapshot(outside)]
    await run(directory)
    expect([snapshot(directory), snapshot(outside)]).toEqual(before)
  })

  it('is removed without following links in it', async () => {
    const { directory, left } = await interrupted()
    const outside = realpathSync(scratchDirectory())
    writeFileSync(join(outside, 'precious'), 'precious')
    renameSync(join(left, 'data'), join(outside, 'data'))
    symlinkSync(join(outside, 'precious'), join(left, 'data'))
    await run(directory)
    expect(readdirSync(directory)).toEqual([])
    expect(readdirSync(outside).sort()).toEqual(['data', 'precious'])
  })

  it('does not hinder a new run when it cannot be removed', async () => {
    const { directory, left } = await interrupted()
    mkdirSync(join(left, 'stray'))
    await run(directory)
    expect(readdirSync(left)).toContain('stray')
  })

  it.runIf(process.geteuid?.() === 0)('is left alone when it is of another user', async () => {
    const { directory, left } = await interrupted()
    chownSync(left, 65_534, 65_534)
    await run(directory)
    expect(readFileSync(join(left, 'data'), 'utf8')).toBe('cont')
  })
})
