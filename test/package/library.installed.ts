import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { writeRandomFile } from '../e2e/content.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { blocks, LIBRARY } from './readme.ts'

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

/** A directory to run an example in, with what it sends and where it saves. */
function exampleProject(source: string): string {
  const directory = dependentProject(source)
  writeRandomFile(join(directory, 'report.pdf'), FILE_BYTES)
  for (const name of ['downloads', 'photos']) mkdirSync(join(directory, name))
  writeRandomFile(join(directory, 'photos/a.jpg'), FILE_BYTES)
  return directory
}

function run(directory: string): string {
  const options = { cwd: directory, encoding: 'utf8', timeout: 60_000 } as const
  return execFileSync(process.execPath, ['transfer.js'], options)
}

it('the example of the README compiles and runs outside of this tree', () => {
  const [example, ...others] = blocks('ts')
  expect(others).toEqual([])
  const directory = exampleProject(example ?? '')
  compile(directory)
  const saved = join(directory, 'downloads/report.pdf')
  expect(run(directory)).toBe(`${saved} has ${FILE_BYTES} bytes\n`)
  expect(readFileSync(saved).equals(readFileSync(join(directory, 'report.pdf')))).toBe(true)
})

const outputs = blocks('text', LIBRARY)
it.each(blocks('ts', LIBRARY).map((example, index) => [index + 1, example] as const))(
  'example %d of the library compiles, and prints what the page says',
  (number, example) => {
    const directory = exampleProject(example)
    compile(directory)
    expect(run(directory)).toBe(outputs[number - 1])
  },
)

it('prints nothing and touches nothing of the process, also with two transfers at once', () => {
  const directory = exampleProject(TWO_TRANSFERS)
  compile(directory)
  expect(JSON.parse(run(directory))).toEqual({ changed: [], printed: [], files: [1, 1] })
})

it('a wrong option does not compile', () => {
  const directory = dependentProject("import { send } from 'p2pshare'\nsend('a', { words: 'two' })")
  expect(() => compile(directory)).toThrow()
})

const TWO_TRANSFERS = `
import { receive, send } from 'p2pshare'

const write = process.stdout.write.bind(process.stdout)
const printed: unknown[] = []
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: unknown) => printed.push(chunk) > 0
}
const state = () => ({
  exitCode: process.exitCode,
  umask: process.umask(),
  cwd: process.cwd(),
  title: process.title,
  env: JSON.stringify(process.env),
  listeners: process.eventNames().map((name) => [name, process.listenerCount(name)].join()).join(),
})
const before = state()
const files = await Promise.all(['report.pdf', 'photos'].map(async (path) => {
  const sending = await send(path)
  const [received] = await Promise.all([receive(sending.code, { output: 'downloads' }), sending.done])
  return received.files
}))
const after = state()
const changed = Object.keys(before).filter((key) => before[key as 'cwd'] !== after[key as 'cwd'])
write(JSON.stringify({ changed, printed, files }))
`
