import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished, type TestContext } from 'vitest'

const LOOPBACK = 'ip link set lo up'
/** Of the interface that an isolated network has. */
export const ISOLATED_ADDRESS = '10.77.0.1'
const INTERFACE = [
  'ip link add lan0 type veth peer name lan1',
  `ip address add ${ISOLATED_ADDRESS}/24 dev lan0`,
  'ip link set lan0 up',
  'ip link set lan1 up',
].join(' && ')

/**
 * A network of the test's own that ends with it: loopback, and an interface with nobody at the
 * other end unless `loopbackOnly`. So no other p2pshare on this machine or near it has a part in
 * what happens, and nothing that is sent gets out. Returns the command that runs another one in it
 * (Linux only). Skips the test where the kernel does not allow it, except in CI, where it has to.
 */
export async function isolatedNetwork(
  { skip }: Pick<TestContext, 'skip'>,
  { loopbackOnly = false } = {},
): Promise<readonly string[]> {
  if (process.platform !== 'linux') return skip('network namespaces are a thing of Linux')
  const asUser = process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user']
  const setUp = loopbackOnly ? LOOPBACK : `${LOOPBACK} && ${INTERFACE}`
  // It lives until its input ends, so that it does not outlive the tests, whatever ends them.
  const script = `${setUp} && echo ready && exec cat`
  const holder = spawn('unshare', [...asUser, '--net', 'sh', '-c', script])
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
  const into = asUser.length > 0 ? ['--user', '--preserve-credentials'] : []
  const command = ['nsenter', '--target', String(holder.pid), ...into, '--net', '--']
  execFileSync(command[0] ?? '', [...command.slice(1), 'true'])
  return command
}
