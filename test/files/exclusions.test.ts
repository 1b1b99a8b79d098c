import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Exclusions } from '../../src/files/exclusions.ts'
import { MAX_GITIGNORE_BYTES, MAX_REMEMBERED_MATCHES } from '../../src/limits.ts'
import { failure, scratchDirectory } from './scratch.ts'
import { openTree, pathsIn, plant } from './tree.ts'

function scratchTree(files: Record<string, string>): string {
  const root = join(scratchDirectory(), 'tree')
  mkdirSync(root)
  plant(root, files)
  return root
}

/** What git would add, as files only. */
function filesForGit(root: string, exclude: readonly string[] = []): string[] {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'core.excludesFile=/dev/null', ...args], { cwd: root }).toString()
  git('init', '-q')
  const options = exclude.map((pattern) => `--exclude=${pattern}`)
  const listed = git('ls-files', '-z', '-o', '--exclude-per-directory=.gitignore', ...options)
  return listed.split('\0').filter(Boolean).sort()
}

describe('--exclude', () => {
  const FILES = {
    'a.log': '',
    'b.txt': '',
    'keep.log': '',
    'build/out.js': '',
    'src/build/out.js': '',
    'src/a.log': '',
    'src/deep/c.log': '',
    'docs/a.pdf': '',
    'docs/sub/b.pdf': '',
    'odd [1]*.txt': '',
    build2: '',
  }
  it.each([
    [['*.log']],
    [['*.log', '!keep.log']],
    [['build/']],
    [['build']],
    [['/build']],
    [['docs/*.pdf']],
    [['docs/**/*.pdf']],
    [['**/deep']],
    [['*', '!*.txt']],
    [['*', '!*/', '!*.log']],
    [['odd \\[1\\]\\*.txt']],
    [['[a-c].*']],
    [['src/', '!src/a.log']],
    [['b?ild']],
    [['no such thing']],
  ])('leaves out what git would with %j', async (exclude) => {
    const root = scratchTree(FILES)
    const ours = await pathsIn(root, { exclude })
    const theirs = filesForGit(root, exclude)
    expect(ours.filter((path) => !path.endsWith('/'))).toEqual(theirs)
  })

  it('does not enter a directory that is left out', async () => {
    // Its name could not be sent, nor that of what is in it.
    const root = scratchTree({ 'bad:dir/bad:file': '', fine: '' })
    expect(await pathsIn(root, { exclude: ['bad*/'] })).toEqual(['fine'])
  })

  it('never leaves out a root, but means its inside, of each root', async () => {
    const directory = scratchDirectory()
    plant(directory, { 'one/one': '', 'one/x': '', 'two/one': '', 'two/y': '', 'three.log': '' })
    const roots = ['one', 'two', 'three.log'].map((name) => join(directory, name))
    const tree = await openTree(roots, { exclude: ['/one', 'three.log', 'two'] })
    const paths = (await tree.list(256)).map(({ path }) => path)
    expect(paths).toEqual(['one', 'one/x', 'two', 'two/y', 'three.log'])
    expect(await tree.totals).toEqual({ files: 3, bytes: 0 })
  })

  it.each([
    '',
    ' ',
    '!',
    '/',
    '#comment',
    'a\\',
    'a[b',
    '[!]',
    '[]',
    './a',
    '../a',
    'a/../b',
    '!./a',
  ])('refuses %j, which would match nothing', async (pattern) => {
    const root = scratchTree({ a: '' })
    const error = await failure(openTree(root, { exclude: ['b', pattern] }), 'usage')
    expect(error.message).toContain(`"${pattern}"`)
  })

  it.each(['\\#x', '\\!x', '[[:alpha:]]', '[]]', 'a\\[b', '.*', '...', 'a\\\\', '[!a]*'])(
    'takes %j',
    (pattern) => {
      expect(Exclusions.of({ exclude: [pattern] })).toBeDefined()
    },
  )

  it('judges the same after its memory was cleared', () => {
    const exclusions = Exclusions.of({ exclude: ['*.log', '!keep.log'] })
    for (let at = 0; at < MAX_REMEMBERED_MATCHES * 2 + 10; at++) {
      expect(exclusions.excludes(`d/${at}.log`, false)).toBe(true)
      expect(exclusions.excludes('d/keep.log', false)).toBe(false)
    }
  })
})

describe('--gitignore', () => {
  it('leaves out what git does, with files at each level', async () => {
    const root = scratchTree({
      '.gitignore': '*.log\n/build\nlogs/\n!important.log\n# comment\n\ntrail \n',
      'a.log': '',
      'important.log': '',
      'build/x': '',
      trail: '',
      'logs/x': '',
      'sub/.gitignore': '!a.log\nlocal\n/top\n!logs/\nd[12]\n',
      'sub/a.log': '',
      'sub/b.log': '',
      'sub/local': '',
      'sub/top': '',
      'sub/build/x': '',
      'sub/logs/kept': '',
      'sub/logs/x.log': '',
      'sub/logs/deeper/logs/x': '',
      'sub/deep/top': '',
      'sub/deep/local/x': '',
      'sub/deep/.gitignore': 'a.log\n',
      'sub/deep/a.log': '',
      'sub/d1/x': '',
      'sub/d3/x': '',
      'odd [1]/.gitignore': '*.x\n',
      'odd [1]/a.x': '',
      'odd [1]/a.y': '',
    })
    const ours = await pathsIn(root, { gitignore: true })
    expect(ours.filter((path) => !path.endsWith('/'))).toEqual(filesForGit(root))
    expect(ours).toContain('sub/logs/kept')
    expect(ours).not.toContain('sub/local')
  })

  it('lets a directory in again whose name is full of signs', async () => {
    const root = scratchTree({
      '.gitignore': '*x\n',
      'sub/.gitignore': '!a*\n',
      'sub/a [1]?*x/file': '',
      'sub/a [1]?*x/bx': '',
    })
    const ours = await pathsIn(root, { gitignore: true })
    expect(ours.filter((path) => !path.endsWith('/'))).toEqual(filesForGit(root))
    expect(ours).toContain('sub/a [1]?*x/file')
  })

  it('leaves out .git, but only on demand', async () => {
    const root = scratchTree({ '.git/config': '', 'sub/.git': 'gitdir: x', 'a.git/x': '' })
    expect(await pathsIn(root, { gitignore: true })).toEqual(['a.git/', 'a.git/x', 'sub/'])
    expect(await pathsIn(root)).toContain('.git/config')
  })

  it('yields to --exclude', async () => {
    const root = scratchTree({ '.gitignore': 'dist\n', 'dist/x': '', 'dist/y': '', z: '' })
    const exclude = ['!dist', 'y']
    expect(await pathsIn(root, { gitignore: true, exclude })).toEqual([
      '.gitignore',
      'dist/',
      'dist/x',
      'z',
    ])
  })

  it('means nothing without being asked for', async () => {
    const root = scratchTree({ '.gitignore': '*', a: '' })
    expect(await pathsIn(root)).toEqual(['.gitignore', 'a'])
  })

  it('takes a link or a directory of that name for nothing', async () => {
    const root = scratchTree({ patterns: 'a', a: '', 'sub/.gitignore/a': '' })
    symlinkSync('patterns', join(root, '.gitignore'))
    expect(await pathsIn(root, { gitignore: true })).toContain('a')
  })

  it('refuses a file without end', async () => {
    const fits = scratchTree({ '.gitignore': '#'.repeat(MAX_GITIGNORE_BYTES), a: '' })
    expect(await pathsIn(fits, { gitignore: true })).toContain('a')
    const root = scratchTree({ 'sub/.gitignore': '#'.repeat(MAX_GITIGNORE_BYTES + 1) })
    const tree = await openTree(root, { gitignore: true })
    expect((await failure(tree.totals, 'file-failed')).message).toContain('"sub/.gitignore"')
  })
})
