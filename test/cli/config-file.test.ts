import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfigFile } from '../../src/cli/config-file.ts'
import { writeConfigFile } from '../../src/cli/write-config-file.ts'
import { MAX_CONFIG_BYTES } from '../../src/limits.ts'
import { asOrdinaryUser, failure, scratchDirectory } from '../files/scratch.ts'

function fileWith(text: string): string {
  const path = join(scratchDirectory(), 'config.json')
  writeFileSync(path, text)
  return path
}

describe('the file of settings', () => {
  it('is read as the environment would have its values', async () => {
    const { settings, fault } = await readConfigFile(
      fileWith('{"wait":"5m","words":4,"yes":true,"compress":false,"stun":["a","b"],"relay":true}'),
    )
    expect(fault).toBeUndefined()
    expect(Object.fromEntries(settings)).toEqual({
      wait: '5m',
      words: '4',
      yes: 'yes',
      compress: 'no',
      stun: 'a\nb',
      relay: 'yes',
    })
  })

  it.each(['none', 'none/config.json', '/dev/null/config.json'])(
    'may be missing: %s',
    async (name) => {
      const path = name.startsWith('/') ? name : join(scratchDirectory(), name)
      expect(await readConfigFile(path)).toEqual({ path, entries: {}, settings: new Map() })
    },
  )

  it.each([
    ['', 'cannot be read: '],
    ['{"wait":', 'cannot be read: '],
    ['[1]', 'cannot be read: it is not a JSON object'],
    ['null', 'cannot be read: it is not a JSON object'],
    [`{"wait":"${'9'.repeat(MAX_CONFIG_BYTES)}"}`, 'cannot be read: it is too large'],
    ['{"wiat":"5m"}', '"wiat" is not a setting'],
    ['{"__proto__":"5m"}', '"__proto__" is not a setting'],
    ['{"constructor":"5m"}', '"constructor" is not a setting'],
    ['{"words":"4"}', 'words has to be a number'],
    ['{"yes":"yes"}', 'yes has to be true or false'],
    ['{"wait":5}', 'wait has to be a text'],
    ['{"wait":["5m"]}', 'wait has to be a text'],
    ['{"wait":""}', 'wait has to be a text'],
    ['{"wait":true}', 'wait has to be a text'],
    ['{"stun":[]}', 'stun has to be a text or a list of texts'],
    ['{"stun":["a",1]}', 'stun has to be a text or a list of texts'],
    ['{"code":"7-velvet-orbit"}', 'code is not kept in a file: it is a secret'],
    ['{"turn-secret":"x"}', 'turn-secret is not kept in a file: it is a secret'],
  ])('is refused with its name where it is %s', async (text, message) => {
    const path = fileWith(text)
    const { fault } = await readConfigFile(path)
    expect(fault).toMatchObject({ code: 'usage', exit: 2 })
    expect(fault?.message).toContain(path)
    expect(fault?.message).toContain(message)
    expect(fault?.hint).not.toBe('')
  })

  it('is not waited for where it is no file', async () => {
    const path = join(scratchDirectory(), 'config.json')
    execFileSync('mkfifo', [path])
    expect((await readConfigFile(path)).fault?.message).toContain('it is not a file')
  })

  it('is refused where it may not be read', async () => {
    const path = fileWith('{}')
    chmodSync(path, 0)
    const { fault } = await asOrdinaryUser(() => readConfigFile(path))
    expect(fault?.message).toContain('permission denied')
  })
})

describe('writing it', () => {
  it('makes its directory, for this user alone, and leaves nothing else behind', async () => {
    const directory = join(scratchDirectory(), 'a/p2pshare')
    const path = join(directory, 'config.json')
    await writeConfigFile(path, { wait: '5m' })
    await writeConfigFile(path, { wait: '6m' })
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ wait: '6m' })
    expect([directory, path].map((each) => statSync(each).mode & 0o777)).toEqual([0o700, 0o600])
    expect(readdirSync(directory)).toEqual(['config.json'])
  })

  it('follows a link to it', async () => {
    const real = fileWith('{}')
    const link = join(scratchDirectory(), 'config.json')
    symlinkSync(real, link)
    await writeConfigFile(link, { wait: '5m' })
    expect(JSON.parse(readFileSync(real, 'utf8'))).toEqual({ wait: '5m' })
  })

  it('says so where it may not be written, and leaves it as it was', async () => {
    const path = fileWith('{"wait":"5m"}')
    await asOrdinaryUser(() => failure(writeConfigFile(path, {}), 'permission'))
    expect(readFileSync(path, 'utf8')).toBe('{"wait":"5m"}')
  })

  it('leaves nothing behind where it cannot be put in its place', async () => {
    const path = join(scratchDirectory(), 'config.json')
    mkdirSync(path)
    await failure(writeConfigFile(path, {}), 'file-failed')
    expect(readdirSync(join(path, '..'))).toEqual(['config.json'])
  })
})
