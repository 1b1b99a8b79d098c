import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { KIB } from '../../src/limits.ts'

const { tarball, binDirectory, packageDirectory } = inject('installed')
/** Half as much again as it has; a test directory or source maps would be over it. */
const MAX_TARBALL_BYTES = 400 * KIB

const WANTED = [
  /^bin\/p2pshare\.js$/,
  /^dist\/.+\.js$/,
  /^dist\/.+\.d\.ts$/,
  /^dist\/p2pshare\.1$/,
  /^src\/(rendezvous|transfer)\/PROTOCOL\.md$/,
  /^src\/LIBRARY\.md$/,
  /^src\/files\/RECEIPT\.md$/,
  /^src\/events\.schema\.json$/,
  /^(LICENSE|README\.md|package\.json)$/,
]

describe('the tarball', () => {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((file) => file.replace(/^package\//, ''))

  it('has the program, its types, the protocols and formats, and nothing else', () => {
    const unwanted = files.filter((file) => !WANTED.some((pattern) => pattern.test(file)))
    expect(unwanted).toEqual([])
    for (const pattern of WANTED) expect(files.some((file) => pattern.test(file))).toBe(true)
  })

  it('has no module in it that was not built from a source of now', () => {
    const sources = new URL('../../src/', import.meta.url)
    const modules = files.filter((file) => /^dist\/.+\.js$/.test(file))
    const stale = modules.filter((file) => {
      const source = file.replace(/^dist\/(.+)\.js$/, '$1.ts')
      return !existsSync(new URL(source, sources))
    })
    expect(stale).toEqual([])
  })

  it('is small', () => {
    expect(statSync(tarball).size).toBeLessThan(MAX_TARBALL_BYTES)
  })
})

it('the installed program tells the version of its package', () => {
  const manifest = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8'))
  const version = execFileSync(join(binDirectory, 'p2pshare'), ['--version'], { encoding: 'utf8' })
  expect(version).toMatch(
    new RegExp(
      `^p2pshare ${manifest.version} \\(engine @roamhq/wrtc [\\d.]+, protocols \\S+, \\S+\\)\n$`,
    ),
  )
})
