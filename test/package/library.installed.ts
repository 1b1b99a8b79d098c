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

/** Files that import the package, compiled together, and the directory that they are in. */
function dependentProject(sources: Record<string, string>): string {
  const directory = scratchDirectory()
  const modules = join(directory, 'node_modules')
  mkdirSync(join(modules, '@types'), { recursive: true })
  symlinkSync(packageDirectory, join(modules, 'p2pshare'))
  symlinkSync(dirname(resolve('@types/node/package.json')), join(modules, '@types/node'))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  for (const [name, source] of Object.entries(sources)) {
    writeFileSync(join(directory, `${name}.ts`), `${source}\nexport {}\n`)
  }
  const compiler = join(dirname(resolve('typescript')), 'tsc.js')
  // The declarations of the package are checked too, as not everybody skips them.
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node']
  const files = Object.keys(sources).map((name) => `${name}.ts`)
  execFileSync(process.execPath, [compiler, ...options, ...files], { cwd: directory })
  return directory
}

/** Runs one of them where there is something to send, and a place to save in. */
function run(project: string, name: string): { output: string; directory: string } {
  const directory = scratchDirectory()
  writeRandomFile(join(directory, 'report.pdf'), FILE_BYTES)
  for (const each of ['downloads', 'photos']) mkdirSync(join(directory, each))
  writeRandomFile(join(directory, 'photos/a.jpg'), FILE_BYTES)
  const output = execFileSync(process.execPath, [join(project, `${name}.js`)], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { output, directory }
}

it('the example of the README compiles and runs outside of this tree', () => {
  const [readme = '', ...others] = blocks('ts')
  expect(others).toEqual([])
  const { output, directory } = run(dependentProject({ readme }), 'readme')
  const saved = join(directory, 'downloads/report.pdf')
  expect(output).toBe(`${saved} has ${FILE_BYTES} bytes\n`)
  expect(readFileSync(saved).equals(readFileSync(join(directory, 'report.pdf')))).toBe(true)
})

it('the examples of the library compile, and print what the page says', () => {
  const examples = blocks('ts', LIBRARY)
  const project = dependentProject(
    Object.fromEntries(examples.map((source, index) => [`example${index}`, source])),
  )
  const outputs = examples.map((_, index) => run(project, `example${index}`).output)
  expect(outputs).toEqual(blocks('text', LIBRARY))
})

it('prints nothing and touches nothing of the process, also with two transfers at once', () => {
  const { output } = run(dependentProject({ two: TWO_TRANSFERS }), 'two')
  expect(JSON.parse(output)).toEqual({ changed: [], printed: [], files: [1, 1] })
})

it('a reader that stops cancels the transfer on both sides', () => {
  const { output } = run(dependentProject({ stopped: STOPPED_READER }), 'stopped')
  expect(JSON.parse(output)).toEqual(['cancelled', 'cancelled'])
})

it('a wrong option does not compile', () => {
  const wrong = "import { send } from 'p2pshare'\nsend('a', { words: 'two' })"
  expect(() => dependentProject({ wrong })).toThrow()
})

const STOPPED_READER = `
import { receiveStream, send, toShareError } from 'p2pshare'

const codeOf = (done: Promise<unknown>) => done.then(() => 'done', (error) => toShareError(error).code)
const sending = await send('report.pdf')
const { contents, done } = receiveStream(sending.code)
for await (const chunk of contents) {
  if (chunk.length > 0) break
}
console.log(JSON.stringify(await Promise.all([done, sending.done].map(codeOf))))
`

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
