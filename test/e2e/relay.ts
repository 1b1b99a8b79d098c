import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished, type TestContext } from 'vitest'
import { scratchDirectory } from '../files/scratch.ts'

export const TURN_SECRET = 'a-secret-of-the-tests'

/**
 * Runs coturn in the network of `through` on each of `addresses`, port 443, UDP and TCP, for as long
 * as the test. Skips the test where it is not installed, except in CI.
 */
export async function startRelay(
  { skip }: Pick<TestContext, 'skip'>,
  through: readonly string[],
  addresses: readonly string[],
): Promise<void> {
  const cwd = scratchDirectory()
  const flags = ['-n', '--listening-port=443', '--no-tls', '--no-dtls', '--no-cli', '--realm=test']
  const secret = ['--use-auth-secret', `--static-auth-secret=${TURN_SECRET}`]
  const files = ['--log-file=stdout', `--pidfile=${cwd}/pid`, `--userdb=${cwd}/db`]
  const listening = addresses.map((address) => `--listening-ip=${address}`)
  const [command = '', ...words] = [...through, 'turnserver', ...flags, ...secret, ...files]
  const child = spawn(command, [...words, ...listening, `--relay-ip=${addresses[0]}`], { cwd })
  const ended = once(child, 'close').then(
    ([status]) => `turnserver ended with ${status}`,
    (error: Error) => error.message,
  )
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  child.stdout.resume()
  child.stderr.resume()
  const complaint = await Promise.race([listening443(through, addresses.length), ended])
  if (complaint === undefined) return
  if (process.env['CI']) throw new Error(complaint)
  skip(`no relay: ${complaint}`)
}

/** Waits until there are so many listeners; what coturn says of itself comes too late to be of use. */
async function listening443([command = '', ...words]: readonly string[], count: number) {
  for (let tries = 0; tries < 100; tries += 1) {
    const argv = [
      ...words,
      'ss',
      '--no-header',
      '--listening',
      '--tcp',
      '--numeric',
      'sport = :443',
    ]
    const lines = execFileSync(command, argv, { encoding: 'utf8' }).split('\n').filter(Boolean)
    const addresses = new Set(lines.map((line) => line.trim().split(/\s+/)[3]))
    if (addresses.size >= count) return undefined
    await pause(100)
  }
  return 'turnserver does not listen'
}
