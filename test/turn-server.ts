import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { onTestFinished, type TestContext } from 'vitest'
import type { IceServer } from '../src/rendezvous/ice-server.ts'
import { scratchDirectory } from './files/scratch.ts'

const USER = 'anna'
const PASSWORD = 'velvet'
const PATIENCE_MS = 20_000

export interface TurnServerOptions {
  /** Where it listens and relays. */
  address?: string
  port?: number
  /** A command that runs it elsewhere, such as in a network namespace. */
  through?: readonly string[]
}

/**
 * A real coturn that ends with the test, as a rendezvous or `--ice-server` would name it. Skips the
 * test where there is none, except in CI, where it has to be.
 */
export async function startTurnServer(
  { skip }: Pick<TestContext, 'skip'>,
  { address = '127.0.0.1', port, through = [] }: TurnServerOptions = {},
): Promise<{ server: (transport: 'udp' | 'tcp') => IceServer; stun: string; stop(): void }> {
  const listening = port ?? (await freePort())
  const [command = '', ...argv] = [
    ...through,
    'turnserver',
    '-n',
    ...['--listening-ip', address, '--listening-port', String(listening)],
    ...['--relay-ip', address, '--min-port', '40000', '--max-port', '49000'],
    ...['--lt-cred-mech', '--user', `${USER}:${PASSWORD}`, '--realm', 'test'],
    ...['--allow-loopback-peers', '--no-cli', '--no-tls', '--no-dtls'],
    ...['--pidfile', `${scratchDirectory()}/turnserver.pid`, '--log-file', '/dev/null'],
  ]
  const child = spawn(command, argv, { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  try {
    await Promise.race([listens(through, listening), ended(child)])
  } catch (error) {
    if (process.env['CI']) throw error
    return skip(`no coturn: ${error}`)
  }
  const host = address.includes(':') ? `[${address}]` : address
  return {
    server: (transport) => ({
      urls: [`turn:${host}:${listening}?transport=${transport}`],
      username: USER,
      credential: PASSWORD,
    }),
    stun: `stun:${host}:${listening}`,
    stop: () => void child.kill('SIGKILL'),
  }
}

/** It listens for UDP first. */
async function listens(through: readonly string[], port: number): Promise<void> {
  const script = `until ss --no-header -ltn "sport = :${port}" | grep -q .; do sleep 0.05; done`
  const [command = '', ...argv] = [...through, 'sh', '-c', script]
  await promisify(execFile)(command, argv, { timeout: PATIENCE_MS })
}

async function ended(child: ChildProcess): Promise<never> {
  await once(child, 'close')
  throw new Error('it ended')
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new TypeError('not a TCP server')
  return address.port
}
