import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { commandsOf } from './readme.ts'

/** Where the package was packed, and where it is installed. */
export interface Installed {
  tarball: string
  /** Has `p2pshare` in it. */
  binDirectory: string
  packageDirectory: string
}

declare module 'vitest' {
  interface ProvidedContext {
    installed: Installed
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const NOT_IN_A_CHECKOUT = ['.git', 'coverage', 'dist', 'node_modules']

/** Packs a copy of this tree that nobody has built yet, and installs the tarball elsewhere. */
export default function install(project: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'p2pshare-package-'))
  const remove = () => rmSync(directory, { recursive: true })
  try {
    project.provide('installed', packAndInstall(directory))
  } catch (error) {
    remove()
    throw error
  }
  return remove
}

/** Does what the README says, except that `-g` means a directory of its own. */
function packAndInstall(directory: string): Installed {
  const [checkout, prefix] = [join(directory, 'checkout'), join(directory, 'prefix')]
  mkdirSync(checkout)
  for (const name of readdirSync(root)) {
    if (NOT_IN_A_CHECKOUT.includes(name)) continue
    cpSync(join(root, name), join(checkout, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
  for (const command of commandsOf('install')) {
    execFileSync('sh', ['-c', command], {
      cwd: checkout,
      env: { ...process.env, npm_config_prefix: prefix, npm_config_loglevel: 'error' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  const [tarball = '', ...others] = readdirSync(checkout).filter((name) => name.endsWith('.tgz'))
  if (others.length > 0) throw new Error('npm pack made more than one file')
  return {
    tarball: join(checkout, tarball),
    binDirectory: join(prefix, 'bin'),
    packageDirectory: join(prefix, 'lib/node_modules/p2pshare'),
  }
}
