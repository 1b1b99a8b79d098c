import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ShareError } from '../errors.ts'
import { RELAY_START_TIMEOUT_MS } from '../limits.ts'

const run = promisify(execFile)

/** Whom coturn becomes: its own user where its package made one. */
const USERS = ['turnserver', 'coturn', 'nobody']

/**
 * The version of the coturn that is installed, as it says it.
 * @throws ShareError `usage` where there is none.
 */
export async function coturnVersion(): Promise<string> {
  try {
    const { stdout } = await run('turnserver', ['--version'], { timeout: RELAY_START_TIMEOUT_MS })
    return /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'unknown'
  } catch (cause) {
    if (!isMissing(cause)) return 'unknown'
    throw new ShareError('usage', 'A relay needs coturn, and turnserver is not installed', {
      hint: 'Install it: apt-get install coturn, dnf install coturn, or brew install coturn.',
      cause,
    })
  }
}

/** Root binds the ports and reads the configuration, and has no other part in a relay. */
export async function unprivilegedUser(): Promise<{ name: string; group: string } | undefined> {
  if (process.geteuid?.() !== 0) return undefined
  for (const name of USERS) {
    const group = await run('id', ['-gn', name], { timeout: RELAY_START_TIMEOUT_MS }).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    )
    if (group !== undefined) return { name, group }
  }
  return undefined
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
