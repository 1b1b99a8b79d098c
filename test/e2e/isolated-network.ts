import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished, type TestContext } from 'vitest'

export const LOOPBACK = 'ip link set lo up'
/** Of the interface that an isolated network has. */
export const ISOLATED_ADDRESS = '10.77.0.1'
/** `lan0`, and at the other end of it `lan1`. */
export const INTERFACE = [
  'ip link add lan0 type veth peer name lan1',
  `ip address add ${ISOLATED_ADDRESS}/24 dev lan0`,
  'ip link set lan0 up',
  'ip link set lan1 up',
].join(' && ')

/** A network namespace that lasts as long as the test. */
export interface HeldNetwork {
  /** Of a process in it. */
  pid: number
  /** The command that runs another one in it. */
  through: readonly string[]
}

/**
 * A network of the test's own that ends with it: loopback, and an interface with nobody at the
 * other end unless `loopbackOnly`. So no other p2pshare on this machine or near it has a part in
 * what happens, and nothing that is sent gets out. Returns the command that runs another one in it
 * (Linux only). Skips the test where the kernel does not allow it, except in CI, where it has to.
 */
export async function isolatedNetwork(
  context: Pick<TestContext, 'skip'>,
  { loopbackOnly = false } = {},
): Promise<readonly string[]> {
  const setUp = loopbackOnly ? LOOPBACK : `${LOOPBACK} && ${INTERFACE}`
  return (await holdNetwork(context, setUp)).through
}

/**
 * A network namespace in which `setUp` was run; one that belongs to `owner`'s user where there is
 * one. Skips the test as `isolatedNetwork` does.
 */
export async function holdNetwork(
  { skip }: Pick<TestContext, 'skip'>,
  setUp: string,
  owner?: HeldNetwork,
): Promise<HeldNetwork> {
  if (process.platform !== 'linux') return skip('network namespaces are a thing of Linux')
  const isRoot = process.geteuid?.() === 0
  const asUser = isRoot || owner ? [] : ['--user', '--map-root-user']
  // It lives until its input ends, so that it does not outlive the tests, whatever ends them.
  const script = `${setUp} && echo ready && exec cat`
  const made = [...(owner?.through ?? []), 'unshare', ...asUser, '--net', 'sh', '-c', script]
  const holder = spawn(made[0] ?? '', made.slice(1))
  onTestFinished(() => void holder.kill('SIGKILL'))
  let complaint = ''
  holder.stderr.on('data', (text) => {
    complaint += text
  })
  const ended = once(holder, 'close').catch((error: Error) => {
    complaint += error.message
  })
  await Promise.race([once(holder.stdout, 'data'), ended])
  if (complaint !== '') {
    if (process.env['CI']) throw new Error(complaint)
    return skip(`no network of its own: ${complaint}`)
  }
  const into = isRoot ? [] : ['--user', '--preserve-credentials']
  const through = ['nsenter', '--target', String(holder.pid), ...into, '--net', '--']
  runThrough(through, 'true')
  return { pid: holder.pid ?? 0, through }
}

/** Runs a shell command in a network. */
export function runThrough([command = '', ...argv]: readonly string[], script: string): void {
  execFileSync(command, [...argv, 'sh', '-c', script])
}
