import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { actionSteps } from '../e2e/github-action.ts'
import { scratchDirectory } from '../files/scratch.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Packages are installed and bundled. */
const INSTALL_TIMEOUT_MS = 300_000

/** What GitHub has of this repository where a job uses its action: what git knows, and no more. */
function checkout(): string {
  const directory = scratchDirectory()
  const list = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  for (const path of list.split('\0').filter(Boolean)) {
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    cpSync(join(root, path), join(directory, path))
  }
  return directory
}

it('the GitHub action installs the program from a checkout, and it runs', {
  timeout: INSTALL_TIMEOUT_MS,
}, async () => {
  const temporary = scratchDirectory()
  const [GITHUB_PATH, RUNNER_TEMP] = [join(temporary, 'path'), join(temporary, 'runner')]
  mkdirSync(RUNNER_TEMP)
  writeFileSync(GITHUB_PATH, '')
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    GITHUB_PATH,
    RUNNER_TEMP,
  }
  const [install, ...others] = actionSteps({}, env, join(checkout(), '.github/actions/p2pshare'))
  expect(others).toEqual([])
  const [command = '', ...words] = install?.command ?? []
  const child = spawn(command, words, { env: { ...env, ...install?.env }, stdio: ['ignore', 2, 2] })
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
  const path = readFileSync(GITHUB_PATH, 'utf8').trim()
  const version = execFileSync('p2pshare', ['--version'], {
    env: { PATH: `${path}:${env.PATH}` },
    encoding: 'utf8',
  })
  expect(version).toMatch(/^p2pshare \d/)
})
