import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldedPath } from '../../src/files/folded-path.ts'
import { HashSet } from '../../src/files/hash-set.ts'
import { NameSet } from '../../src/files/name-set.ts'

describe('HashSet', () => {
  it('is a set, for all hashes, however close together', () => {
    const half = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half), { maxLength: 3000 }), (hashes) => {
        const [set, expected] = [new HashSet(), new Set<string>()]
        for (const [high, low] of hashes) {
          // One bit is given up.
          const key = `${high} ${low % 2 ** 31}`
          expect(set.has(high, low)).toBe(expected.has(key))
          expect(set.add(high, low)).toBe(!expected.has(key))
          expected.add(key)
        }
        expect(set.size).toBe(expected.size)
        for (const [high, low] of hashes) expect(set.has(high, low)).toBe(true)
      }),
    )
  })
})

describe('NameSet', () => {
  it('is a set of folded paths that also knows kinds', () => {
    const name = fc.stringMatching(/^[aAbBéßs/]{1,5}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 500 }), (paths) => {
        const names = new NameSet({ remembersFiles: true })
        const [folded, exact] = [new Set<string>(), new Set<string>()]
        for (const [path, isDirectory] of paths) {
          const kind = isDirectory ? 'directory' : 'file'
          const isNew = !folded.has(foldedPath(path))
          expect(names.add(path, kind)).toBe(isNew)
          folded.add(foldedPath(path))
          if (isNew) exact.add(`${kind} ${path}`)
        }
        for (const [path] of paths) {
          expect(names.hasDirectory(path)).toBe(exact.has(`directory ${path}`))
          expect(names.hasFile(path)).toBe(exact.has(`file ${path}`))
          expect(names.hasSpelling(path)).toBe(true)
        }
        expect(names.size).toBe(folded.size)
      }),
    )
  })

  it.each([
    ['README', 'readme'],
    ['a/É', 'a/é'],
    ['\u00e9', 'e\u0301'],
    ['\u00c9', 'e\u0301'],
    ['straße', 'strasse'],
    ['STRASSE', 'straße'],
    ['ẞ', 'ss'],
    ['ΣΑΣ', 'σας'],
    ['\u212a', 'k'],
    ['ﬁ', 'fi'],
  ])('takes %s and %s for one', (left, right) => {
    const names = new NameSet({ remembersFiles: false })
    expect(names.add(left, 'file')).toBe(true)
    expect(names.add(right, 'file')).toBe(false)
  })

  it.each([
    ['a', 'b'],
    ['a/b', 'ab'],
    ['e', 'é'],
    ['１', '1'],
    ['日本', '日'],
  ])('tells %s from %s', (left, right) => {
    expect(foldedPath(left)).not.toBe(foldedPath(right))
  })

  it('remembers a million paths, all of them different, in at most 48 bytes each', () => {
    const count = 1_000_000
    const names = new NameSet({ remembersFiles: true })
    let refused = 0
    for (let index = 0; index < count; index++) {
      if (!names.add(`node_modules/package-${index % 977}/lib/${index}.js`, 'file')) refused++
    }
    expect(refused).toBe(0)
    expect(names.byteLength / count).toBeLessThan(48)
    const plain = new NameSet({ remembersFiles: false })
    for (let index = 0; index < count; index++) plain.add(`a/${index}`, 'file')
    expect(plain.size).toBe(count)
    expect(plain.byteLength / count).toBeLessThan(24)
  }, 30_000)
})
