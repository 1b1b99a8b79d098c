import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { KIB } from '../../src/limits.ts'

const { tarball, binDirectory, packageDirectory } = inject('installed')
/** Half as much again as it has; a test directory or source maps would be over it. */
const MAX_TARBALL_BYTES = 900 * KIB

const WANTED = [
  /^bin\/p2pshare\.js$/,
  /^dist\/.+\.js$/,
  /^dist\/.+\.d\.ts$/,
  /^dist\/p2pshare\.1$/,
  /^dist\/THIRD-PARTY-LICENSES\.txt$/,
  /^src\/(rendezvous|transfer)\/PROTOCOL\.md$/,
  /^src\/(LIBRARY|cli\/TERMINAL)\.md$/,
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
    const stale = files.filter((file) => {
      const source = /^dist\/(?!part-)(.+?)(\.d\.ts|\.js)$/.exec(file)?.[1]
      return source !== undefined && !existsSync(new URL(`${source}.ts`, sources))
    })
    expect(stale).toEqual([])
  })

  it('has no part of a module in it that no other loads', () => {
    const scripts = files.filter((file) => /^dist\/.+\.js$/.test(file))
    const all = scripts.map((file) => readFileSync(join(packageDirectory, file), 'utf8')).join('\n')
    const parts = scripts.filter((file) => file.startsWith('dist/part-'))
    expect(parts.length).toBeGreaterThan(10)
    expect(parts.filter((file) => !all.includes(`/${basename(file)}`))).toEqual([])
  })

  it('has the licenses of the packages that are built into it, and needs few others', () => {
    const licenses = readFileSync(join(packageDirectory, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
    for (const name of ['@noble/curves', 'simple-peer', 'socket.io', 'ws', 'yargs']) {
      expect(licenses).toMatch(new RegExp(`^--- ${name} [0-9.]+ \\(MIT\\)$`, 'm'))
    }
    const { dependencies } = JSON.parse(
      readFileSync(join(packageDirectory, 'package.json'), 'utf8'),
    )
    expect(Object.keys(dependencies)).toContain('@roamhq/wrtc')
    expect(Object.keys(dependencies)).not.toContain('socket.io')
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
