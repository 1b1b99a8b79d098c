import { spawn } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, inject, it, onTestFinished } from 'vitest'
import { sha256Of, writeRandomFile } from '../e2e/content.ts'
import { Program } from '../e2e/program.ts'
import { scratchDirectory } from '../files/scratch.ts'

const { tarball } = inject('installed')
const FILE_BYTES = 1_000_000

/** A home and a path of somebody who has Node with its npm, a shell, and nothing else. */
function bareMachine(): NodeJS.ProcessEnv {
  const home = scratchDirectory()
  const path = join(home, 'path')
  mkdirSync(path)
  const node = realpathSync(process.execPath)
  // Beside the program in what nodejs.org and Debian ship.
  const npx = realpathSync(resolve(dirname(process.execPath), 'npx'))
  symlinkSync(node, join(path, 'node'))
  symlinkSync(npx, join(path, 'npx'))
  symlinkSync(join(dirname(npx), 'npm-cli.js'), join(path, 'npm'))
  symlinkSync('/bin/sh', join(path, 'sh'))
  // Where this machine's npm gets packages from is not for this test to say.
  const registry = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_|NODE_EXTRA_CA|SSL_|HTTPS?_PROXY|NO_PROXY)/i.test(name),
  )
  return {
    ...Object.fromEntries(registry),
    HOME: home,
    PATH: path,
    npm_config_cache: join(home, 'cache'),
  }
}

function npx(env: NodeJS.ProcessEnv, cwd: string, words: readonly string[]): Program {
  const argv = ['--yes', '--package', tarball, 'p2pshare', ...words]
  const program = new Program(spawn(join(env['PATH'] ?? '', 'npx'), argv, { cwd, env }), argv)
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
}

it('npx runs a transfer from the tarball where there is nothing but Node', async () => {
  const env = bareMachine()
  const cwd = scratchDirectory()
  const sha256 = writeRandomFile(join(cwd, 'report.pdf'), FILE_BYTES)
  mkdirSync(join(cwd, 'downloads'))
  // Fetches the packages, which may take its time.
  const first = npx(env, cwd, ['--version'])
  expect(await first.exit, first.describe()).toEqual({ status: 0, signal: null })
  const sender = npx(env, cwd, ['send', 'report.pdf', '--quiet', '--wait', '2m'])
  await sender.text('\n', 'stdout')
  const receiver = npx(env, cwd, [
    'receive',
    sender.stdout.trim(),
    '--yes',
    '--output',
    'downloads',
  ])
  expect(await receiver.exit, receiver.describe()).toEqual({ status: 0, signal: null })
  expect(await sender.exit, sender.describe()).toEqual({ status: 0, signal: null })
  expect(await sha256Of(join(cwd, 'downloads/report.pdf'))).toBe(sha256)
})
