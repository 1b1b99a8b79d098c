import { readdirSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { HandlePool } from '../../src/files/handle-pool.ts'
import { emptyDirectory } from './incoming.ts'

describe('HandlePool', () => {
  it('has no more open than its limit, however many are used at once', async () => {
    const directory = emptyDirectory()
    const before = readdirSync('/dev/fd').length
    const pool = new HandlePool(4)
    let [working, most] = [0, 0]
    const use = async (key: string) => {
      const result = await pool.use(
        key,
        () => open(join(directory, key), 'a+'),
        async (handle) => {
          working++
          most = Math.max(most, pool.size)
          await sleep(Math.random() * 3)
          await handle.write(key)
          working--
          return key
        },
      )
      expect(result).toBe(key)
    }
    await Promise.all(Array.from({ length: 200 }, (_, at) => use(`${at % 20}`)))
    expect(most).toBeLessThanOrEqual(4)
    expect(working).toBe(0)
    await pool.closeAll()
    expect(readdirSync('/dev/fd')).toHaveLength(before)
    expect(readdirSync(directory)).toHaveLength(20)
  })

  it('opens a file once for all that use it, and again after closing', async () => {
    const path = join(emptyDirectory(), 'file')
    writeFileSync(path, '')
    const pool = new HandlePool(1)
    let opened = 0
    const opener = () => {
      opened++
      return open(path, 'r')
    }
    await Promise.all([1, 2, 3].map(() => pool.use('file', opener, () => sleep(5))))
    expect(opened).toBe(1)
    await pool.close('file')
    await pool.use('file', opener, async () => undefined)
    expect(opened).toBe(2)
    await pool.closeAll()
    await expect(pool.use('file', opener, async () => undefined)).rejects.toThrow(TypeError)
  })

  it('tries again what could not be opened, and lets others by', async () => {
    const path = join(emptyDirectory(), 'file')
    writeFileSync(path, '')
    const pool = new HandlePool(1)
    const failing = () => Promise.reject<FileHandle>(new Error('no'))
    await expect(pool.use('file', failing, async () => undefined)).rejects.toThrow('no')
    await pool.use(
      'other',
      () => open(path, 'r'),
      async () => undefined,
    )
    await pool.use(
      'file',
      () => open(path, 'r'),
      async () => undefined,
    )
    await pool.closeAll()
  })
})
