import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CROC_MODULE } from './contenders/croc.mjs'
import { WORMHOLE_PACKAGES } from './contenders/magic-wormhole.mjs'

/**
 * Installs magic-wormhole with its mailbox server, and croc, under a directory, as far as they are
 * not there yet. Needs python3 and go, and their package registries. Where one cannot be installed
 * this says so and goes on.
 * @param {string} directory
 * @returns {Promise<string>} the directory's absolute path
 */
export async function installPeers(directory) {
  const path = resolve(directory)
  const bin = join(path, 'bin')
  await mkdir(bin, { recursive: true })
  await unlessThere(join(bin, 'twist'), async () => {
    await run('python3', ['-m', 'venv', path])
    await run(join(bin, 'pip'), ['install', '--quiet', ...WORMHOLE_PACKAGES])
  })
  await unlessThere(join(bin, 'croc'), () =>
    run('go', ['install', CROC_MODULE], { ...process.env, GOBIN: bin }),
  )
  return path
}

/**
 * @param {string} program
 * @param {() => Promise<void>} install
 */
async function unlessThere(program, install) {
  try {
    await access(program)
  } catch {
    await install().catch((error) => console.error(String(error)))
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
async function run(command, args, env = process.env) {
  console.error(`$ ${command} ${args.join(' ')}`)
  const [status] = await once(
    spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] }),
    'exit',
  )
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
}
