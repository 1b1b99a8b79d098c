import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { writeRandomFile } from '../e2e/content.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { blocks } from './readme.ts'

const FILE_BYTES = 3_000_000
const { packageDirectory } = inject('installed')
const { resolve } = createRequire(import.meta.url)

/** A project of somebody else's that depends on the package. */
function dependentProject(source: string): string {
  const directory = scratchDirectory()
  const modules = join(directory, 'node_modules')
  mkdirSync(join(modules, '@types'), { recursive: true })
  symlinkSync(packageDirectory, join(modules, 'p2pshare'))
  symlinkSync(dirname(resolve('@types/node/package.json')), join(modules, '@types/node'))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  writeFileSync(join(directory, 'transfer.ts'), source)
  return directory
}

/** Checks the declarations of the package too, as not everybody skips them. */
function compile(directory: string): void {
  const compiler = join(dirname(resolve('typescript')), 'tsc.js')
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node']
  execFileSync(process.execPath, [compiler, ...options, 'transfer.ts'], { cwd: directory })
}

it('the example of the README compiles and runs outside of this tree', () => {
  const [example, ...others] = blocks('ts')
  expect(others).toEqual([])
  const directory = dependentProject(example ?? '')
  compile(directory)

  writeRandomFile(join(directory, 'report.pdf'), FILE_BYTES)
  mkdirSync(join(directory, 'downloads'))
  const output = execFileSync(process.execPath, ['transfer.js'], {
    cwd: directory,
    encoding: 'utf8',
  })
  const saved = join(directory, 'downloads/report.pdf')
  expect(output).toBe(`${saved} has ${FILE_BYTES} bytes\n`)
  expect(readFileSync(saved).equals(readFileSync(join(directory, 'report.pdf')))).toBe(true)
})

it('a wrong option does not compile', () => {
  const directory = dependentProject("import { send } from 'p2pshare'\nsend('a', { words: 'two' })")
  expect(() => compile(directory)).toThrow()
})
