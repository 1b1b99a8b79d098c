import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import { EntryCheck } from '../../src/files/entry-check.ts'
import type { IncomingEntry, IncomingOffer } from '../../src/files/incoming-entry.ts'
import { MAX_ENTRIES } from '../../src/limits.ts'
import { directory, file } from './incoming.ts'
import { SAFE_NAMES, UNSAFE_NAMES } from './names.ts'
import { failure } from './scratch.ts'

function check(kind: IncomingOffer['kind'], name = 'root'): EntryCheck {
  return new EntryCheck({ name, kind, files: 1, bytes: 1 }, { remembersFiles: true })
}

async function refused(
  entries: IncomingEntry[],
  code: ErrorCode,
  kind: IncomingOffer['kind'] = 'directory',
) {
  return failure((async () => check(kind).take(0, entries))(), code)
}

describe('EntryCheck', () => {
  it('passes a tree in several batches, names of every kind in it', () => {
    const checked = check('directory')
    const names = SAFE_NAMES.filter((name) => name !== 'COM10')
    const first = [directory('root'), directory('root/sub')]
    expect(checked.take(0, first)).toEqual(first)
    const second = names.map((name) => file(`root/sub/${name}`, 1))
    expect(checked.take(2, second)).toEqual(second)
    expect(checked.count).toBe(2 + names.length)
    expect(checked.has('root/sub', 'directory')).toBe(true)
    expect(checked.has(`root/sub/${names[0]}`, 'file')).toBe(true)
  })

  // As a path, `a/b` is a file in a directory.
  const names = UNSAFE_NAMES.filter((name) => name !== 'a/b')

  it.each(names)('refuses the name %j of a root, a file and a directory', async (name) => {
    await refused([file(name, 1)], 'unsafe-name', 'several')
    await refused([directory(name)], 'unsafe-name', 'several')
    if (name.endsWith('/x')) return
    await refused([directory('root'), directory(`root/${name}`)], 'unsafe-name')
    const error = await refused([directory('root'), file(`root/${name}`, 1)], 'unsafe-name')
    expect(error.hint).not.toContain('--output')
  })

  it.each([
    ['../x'],
    ['root/../x'],
    ['root/./x'],
    ['root//x'],
    ['root/'],
    ['/root/x'],
    ['root/a\\..\\x'],
    ['root/C:x'],
  ])('refuses the path %j', async (path) => {
    await refused([directory('root'), file(path, 1)], 'unsafe-name')
  })

  it('refuses a path of 5,000 bytes and one 200 directories deep', async () => {
    const long = Array.from({ length: 20 }, () => 'x'.repeat(250))
    const paths = long.map((_, index) => ['root', ...long.slice(0, index)].join('/'))
    await refused(
      paths.map((path) => directory(path)),
      'unsafe-name',
    )
    const deep = Array.from({ length: 200 }, (_, index) => `root${'/d'.repeat(index)}`)
    await refused(
      deep.map((path) => directory(path)),
      'unsafe-name',
    )
    check('directory').take(
      0,
      deep.slice(0, 128).map((path) => directory(path)),
    )
  })

  it.each([
    ['README', 'readme'],
    ['\u00e9', 'e\u0301'],
    ['ß', 'ss'],
  ])('refuses %j beside %j, and names both', async (left, right) => {
    const entries = [directory('root'), file(`root/${left}`, 1), file(`root/${right}`, 1)]
    const error = await refused(entries, 'unsafe-name')
    expect(error.message).toContain(`"root/${left}" and "root/${right}"`)
    const checked = check('directory')
    checked.take(0, entries.slice(0, 2))
    const later = (async () => checked.take(2, entries.slice(2), () => [`root/${left}`]))()
    expect((await failure(later, 'unsafe-name')).message).toContain(left)
    await refused(
      [directory('root'), directory(`root/${left}`), file(`root/${right}`, 1)],
      'unsafe-name',
    )
  })

  it('refuses the same path twice, as whatever', async () => {
    await refused([directory('root'), file('root/a', 1), file('root/a', 1)], 'unsafe-name')
    await refused([directory('root'), file('root/a', 1), directory('root/a')], 'unsafe-name')
    await refused([file('a', 1), file('a', 1)], 'unsafe-name', 'several')
  })

  it.each<[string, IncomingEntry[], IncomingOffer['kind']]>([
    ['below a file', [directory('root'), file('root/a', 1), file('root/a/b', 1)], 'directory'],
    ['without its directory', [directory('root'), file('root/a/b', 1)], 'directory'],
    ['before its directory', [file('root/b', 1), directory('root')], 'directory'],
    ['another root', [directory('root'), directory('other')], 'directory'],
    ['another name', [directory('rooter')], 'directory'],
    ['a file for a directory', [file('root', 1)], 'directory'],
    ['a directory for a file', [directory('root')], 'file'],
    ['something below a file', [file('root', 1), file('root/a', 1)], 'file'],
    ['a directory with a size', [{ ...directory('root'), bytes: 1 }], 'directory'],
    ['a directory of unknown size', [{ ...directory('root'), bytes: null }], 'directory'],
    ['a size below zero', [file('root', -1)], 'file'],
    ['a size beyond what is exact', [file('root', 2 ** 53)], 'file'],
    ['no size', [file('root', Number.NaN)], 'file'],
  ])('refuses %s', async (_what, entries, kind) => {
    await refused(entries, 'protocol', kind)
  })

  it('refuses a list that does not go on where it was', async () => {
    const checked = check('several')
    checked.take(0, [file('a', 1)])
    for (const first of [0, 2, -1, Number.NaN]) {
      await failure((async () => checked.take(first, [file('b', 1)]))(), 'protocol')
    }
    checked.take(1, [file('b', 1)])
  })

  it('refuses more entries than it could remember', async () => {
    const entries = new Array<IncomingEntry>(MAX_ENTRIES + 1)
    await failure((async () => check('several').take(0, entries))(), 'incompatible')
  })

  it('stages an only root elsewhere whose name is not safe, for the user to have named it', () => {
    const checked = check('directory', 'a:b')
    const paths = checked.take(0, [directory('a:b'), file('a:b/c', 1)]).map(({ path }) => path)
    expect(paths).toEqual(['root', 'root/c'])
  })
})
