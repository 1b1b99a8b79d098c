import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it, type TestContext, vi } from 'vitest'
import { MIB } from '../../src/limits.ts'
import type { IceServer } from '../../src/rendezvous/ice-server.ts'
import { sha256Of } from './content.ts'
import { type HeldNetwork, holdNetwork, LOOPBACK } from './isolated-network.ts'
import { type Program, start } from './program.ts'
import { expectStatuses, parcel, startTransfer } from './transfer.ts'

const SECRET = 'a-secret-of-these-tests'
/** Addresses of the internet; the network that has them here has no way out. */
const IPV4 = '11.0.0.1'
const IPV6 = '2a00:77::1'
const RELAY = ['--relay', IPV4, '--relay', IPV6]

/** The machine of a server. */
const MACHINE = [
  LOOPBACK,
  'ip link add lan0 type veth peer name lan1',
  `ip address add ${IPV4}/24 dev lan0`,
  'ip address add 10.77.0.1/24 dev lan0',
  `ip address add ${IPV6}/64 dev lan0 nodad`,
  'ip link set lan0 up',
  'ip link set lan1 up',
].join(' && ')

const PUBLIC_PEERS = [IPV4, '11.0.0.9', '8.8.8.8', '223.255.255.255']
const PUBLIC_PEERS_IPV6 = [IPV6, '2a00:77::9', '2606:4700::1111', '3ffe::1']
const PRIVATE_PEERS = ['10.0.0.1', '10.77.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1']
const FORBIDDEN_PEERS = [
  '127.0.0.1',
  '127.255.255.255',
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '192.88.99.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
]
const PRIVATE_PEERS_IPV6 = ['fc00::1', 'fd12:3456::1', '2001:db8::1']
const FORBIDDEN_PEERS_IPV6 = [
  '::',
  '::1',
  '::2',
  '::10.0.0.0',
  '::ffff:10.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:0:10.0.0.1',
  '64:ff9b::a00:1',
  '64:ff9b:1::a00:1',
  '2001:0:a00:1::1',
  '2001:10::1',
  '2002:a00:1::1',
  'fe80::1',
  'fec0::1',
  'fd00:ec2::254',
  'ff02::1',
  '100::1',
  '5f00::1',
]

describe('serve --relay', () => {
  it('gives both sides a relay that reaches the internet and nothing inside', async (context) => {
    const { network, server } = await startRelay(context)
    const sides = await pairedAt(network, server)
    const [sender, receiver] = sides.map(([, relay]) => relay)
    expect(sides.map(([stun]) => stun?.urls)).toEqual(
      Array(2).fill([IPV4, `[${IPV6}]`].flatMap((at) => [`stun:${at}:3478`, `stun:${at}:443`])),
    )
    expect(sender?.urls).toEqual([
      `turn:${IPV4}:3478?transport=udp`,
      `turn:${IPV4}:443?transport=tcp`,
      `turn:[${IPV6}]:3478?transport=udp`,
      `turn:[${IPV6}]:443?transport=tcp`,
    ])
    expect(receiver?.urls).toEqual(sender?.urls)
    expect(receiver?.username).not.toBe(sender?.username)

    const inside = [...FORBIDDEN_PEERS, ...PRIVATE_PEERS]
    const insideIPv6 = [...FORBIDDEN_PEERS_IPV6, ...PRIVATE_PEERS_IPV6]
    const requests = (sender?.urls ?? []).flatMap((url) => [
      { ...sender, url, family: 4, peers: [...PUBLIC_PEERS, ...inside] },
      { ...receiver, url, family: 6, peers: [...PUBLIC_PEERS_IPV6, ...insideIPv6] },
    ])
    const answers = await ask(network, requests)
    const granted = { challenge: 401, allocate: 0 }
    expect(answers).toEqual(
      (sender?.urls ?? []).flatMap(() => [
        { ...granted, permissions: codes({ 0: PUBLIC_PEERS, 403: inside }) },
        { ...granted, permissions: codes({ 0: PUBLIC_PEERS_IPV6, 403: insideIPv6 }) },
      ]),
    )
    expectNothingTold(server, sides.flat())
  })

  it('reaches a private network where it is inside one, and still not itself', async (context) => {
    const { network } = await startRelay(context, ['--relay-private'])
    const url = `turn:${IPV4}:3478?transport=udp`
    const [ipv4, ipv6] = await ask(network, [
      { url, ...credential(60), peers: [...PRIVATE_PEERS, ...FORBIDDEN_PEERS] },
      { url, ...credential(60), family: 6, peers: [...PUBLIC_PEERS_IPV6, ...FORBIDDEN_PEERS_IPV6] },
    ])
    expect(ipv4?.permissions).toEqual(codes({ 0: PRIVATE_PEERS, 403: FORBIDDEN_PEERS }))
    expect(ipv6?.permissions).toEqual(codes({ 0: PUBLIC_PEERS_IPV6, 403: FORBIDDEN_PEERS_IPV6 }))
  })

  it('takes no credential that has expired, was made up or altered', async (context) => {
    const { network, server } = await startRelay(context)
    const [valid, later] = [credential(60), credential(7200)]
    const wrong = [
      credential(-2),
      { ...valid, credential: createHmac('sha1', 'guessed').update('x').digest('base64') },
      { ...valid, username: later.username },
      { ...valid, credential: '' },
      { ...valid, username: valid.username.replace(/^\d+/, '') },
    ]
    const urls = [`turn:${IPV4}:3478?transport=udp`, `turn:${IPV4}:443?transport=tcp`]
    const requests = urls.flatMap((url) => [valid, ...wrong].map((each) => ({ url, ...each })))
    const answers = await ask(network, requests)
    const expected = [0, ...wrong.map(() => 401)]
    expect(answers.map(({ allocate }) => allocate)).toEqual([...expected, ...expected])
    await server.text('a credential was forged or has expired', 'stderr')
    expectNothingTold(
      server,
      [valid, ...wrong.slice(0, 3)].map((each) => ({ urls: [], ...each })),
    )
  })

  it('gives one side so many allocations and no more', async (context) => {
    const { network } = await startRelay(context)
    const url = `turn:${IPV4}:3478?transport=udp`
    const same = { url, ...credential(60) }
    const requests = [...Array(130).fill(same), { url, ...credential(61) }]
    const answers = await ask(network, requests)
    const expected = [...Array(128).fill(0), 486, 486, 0]
    expect(answers.map(({ allocate }) => allocate)).toEqual(expected)
  })

  it('is started again when it is killed, with the secret that it had', async (context) => {
    const { network, server } = await startRelay(context)
    const [relay] = processesIn(network, 'turnserver')
    process.kill(relay?.pid ?? 0, 'SIGKILL')
    await server.text('relay listening again', 'stderr')
    const [again, ...more] = processesIn(network, 'turnserver')
    expect(more).toEqual([])
    expect(again?.pid).not.toBe(relay?.pid)
    const url = `turn:${IPV4}:443?transport=tcp`
    const [answer] = await ask(network, [{ url, ...credential(60), peers: ['11.0.0.9'] }])
    expect(answer).toMatchObject({ allocate: 0, permissions: { '11.0.0.9': 0 } })
  })

  it('carries a transfer, which goes on when the relay was killed', async (context) => {
    const network = await holdNetwork(context, MACHINE)
    const server = await serveIn(network, ['--host', '127.0.0.1', '--relay', IPV4])
    const what = parcel(100 * MIB)
    const transfer = await startTransfer(what, {
      server: server.stdout.trim(),
      through: network.through,
      sendFlags: ['--relay-only'],
      receiveFlags: ['--relay-only'],
    })
    const { path } = await transfer.receiver.event('connected')
    expect(path).toBe('relay')
    await transfer.receiver.event('progress', ({ bytes }) => bytes > 10 * MIB)
    for (const { pid } of processesIn(network, 'turnserver')) process.kill(pid, 'SIGKILL')
    await server.text('relay listening again', 'stderr')
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(await sha256Of(what.saved)).toBe(what.sha256)
  })

  it.for(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
    'ends with the server: %s',
    async (signal, context) => {
      const { network, server } = await startRelay(context)
      expect(processesIn(network, 'turnserver')).toHaveLength(1)
      server.kill(signal)
      const ended = await server.exit
      if (signal !== 'SIGKILL') {
        expect(ended, server.describe()).toEqual({ status: 0, signal: null })
        expect(server.stderr).not.toContain('relay ended')
      }
      await vi.waitFor(() => {
        expect(processesIn(network, 'turnserver')).toEqual([])
        expect(processesIn(network, 'sh')).toHaveLength(0)
      }, 5000)
    },
  )

  it('does without port 443 where that is taken, and says so', async (context) => {
    const network = await holdNetwork(context, MACHINE)
    const first = await serveIn(network, ['--host', IPV4, '--port', '443'])
    const relay = await serveIn(network, ['--host', IPV4, ...RELAY])
    await relay.text('relay listening', 'stderr')
    expect(relay.stderr).toContain('"reason":"something else is using it"')
    const [sides] = await pairedAt(network, relay)
    expect(sides?.[0]?.urls).toEqual([
      `stun:${IPV4}:3478`,
      `stun:[${IPV6}]:3478`,
      `stun:[${IPV6}]:443`,
    ])
    expect(sides?.[1]?.urls).toContain(`turn:${IPV4}:3478?transport=tcp`)
    expect(sides?.[1]?.urls).toContain(`turn:[${IPV6}]:443?transport=tcp`)
    expect(first.hasEnded).toBe(false)
  })

  it('says what is in its way', async (context) => {
    const { network } = await startRelay(context)
    const second = start(['serve', '--port', '0', ...RELAY], { through: network.through })
    expect((await second.exit).status).toBe(2)
    expect(second.stderr).toContain(`Something else is using port 3478 of ${IPV4}`)
    const elsewhere = ['serve', '--port', '0', '--relay', '11.0.0.2']
    const away = start(elsewhere, { through: network.through })
    expect((await away.exit).status).toBe(2)
    expect(away.stderr).toContain('11.0.0.2 is no address of this machine')
    expect(processesIn(network, 'turnserver')).toHaveLength(1)
  })

  it('says how to install coturn where it is missing', async () => {
    const server = start(['serve', '--port', '0', '--relay', IPV4], { env: { PATH: '/nowhere' } })
    expect((await server.exit).status).toBe(2)
    expect(server.stderr).toContain('turnserver is not installed')
    expect(server.stderr).toContain('apt-get install coturn')
  })

  it('tells both sides the public address of a 1:1 NAT, and lets them meet there', async (context) => {
    const network = await holdNetwork(context, MACHINE)
    const server = await serveIn(network, ['--relay', '11.0.0.200/10.77.0.1'])
    await server.text('relay listening', 'stderr')
    const [sides] = await pairedAt(network, server)
    expect(sides?.[1]?.urls[0]).toBe('turn:11.0.0.200:3478?transport=udp')
    const url = 'turn:10.77.0.1:3478?transport=udp'
    const peers = ['11.0.0.200', '10.77.0.2']
    const [answer] = await ask(network, [{ ...sides?.[1], url, peers }])
    expect(answer?.permissions).toEqual({ '11.0.0.200': 0, '10.77.0.2': 403 })
  })
})

interface Request extends Partial<IceServer> {
  url: string
  family?: number
  peers?: string[]
}

interface Answer {
  challenge: number
  allocate: number
  permissions: Record<string, number>
}

/** A server with a relay, in a network of its own. */
async function startRelay(context: Pick<TestContext, 'skip'>, flags: readonly string[] = []) {
  const network = await holdNetwork(context, MACHINE)
  const server = await serveIn(network, [...RELAY, ...flags])
  await server.text('relay listening', 'stderr')
  return { network, server }
}

async function serveIn({ through }: HeldNetwork, flags: readonly string[]): Promise<Program> {
  const port = flags.includes('--port') ? [] : ['--port', '0']
  const hasRelay = flags.includes('--relay')
  const env = hasRelay ? { P2PSHARE_TURN_SECRET: SECRET } : {}
  const server = start(['serve', ...port, ...flags], { through, env })
  await server.text('\n', 'stdout')
  return server
}

/** What a sender and a receiver are told of as they meet. */
async function pairedAt({ through }: HeldNetwork, server: Program): Promise<IceServer[][]> {
  return JSON.parse(await runScript(through, 'paired-ice-servers.mjs', server.stdout.trim()))
}

async function ask({ through }: HeldNetwork, requests: readonly Request[]): Promise<Answer[]> {
  return JSON.parse(await runScript(through, 'turn-client.mjs', JSON.stringify(requests)))
}

async function runScript(through: readonly string[], name: string, word: string): Promise<string> {
  const path = new URL(name, import.meta.url).pathname
  const [command = '', ...words] = [...through, process.execPath, path, word]
  return (await promisify(execFile)(command, words)).stdout
}

/** A credential that expires in so many seconds, made as the relay's documentation says. */
function credential(seconds: number): { username: string; credential: string } {
  const username = `${Math.floor(Date.now() / 1000) + seconds}:somebody${seconds}`
  return { username, credential: createHmac('sha1', SECRET).update(username).digest('base64') }
}

/** The codes that were answered, by address. */
function codes(addresses: Record<number, readonly string[]>): Record<string, number> {
  const pairs = Object.entries(addresses).flatMap(([code, each]) =>
    each.map((address) => [address, Number(code)]),
  )
  return Object.fromEntries(pairs)
}

/** Neither log nor processes show the secret, and the log shows no users and whom they reach. */
function expectNothingTold(server: Program, iceServers: readonly IceServer[]): void {
  const said = server.stdout + server.stderr
  expect(said).not.toContain(SECRET)
  for (const peer of [...PRIVATE_PEERS, ...PUBLIC_PEERS.slice(1)]) {
    expect(server.stderr).not.toContain(peer)
  }
  for (const { username, credential: password } of iceServers) {
    if (username !== undefined) expect(said).not.toContain(username.split(':')[1])
    if (password !== undefined) expect(said).not.toContain(password)
  }
  for (const line of server.stderr.trim().split('\n'))
    expect(JSON.parse(line)).toHaveProperty('msg')
  const commands = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  for (const pid of commands) expect(readProc(pid, 'cmdline')).not.toContain(SECRET)
}

/** The processes called `name` in a network. */
function processesIn(network: HeldNetwork, name: string): { pid: number }[] {
  const namespace = readlinkSync(`/proc/${network.pid}/ns/net`)
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && readProc(pid, 'comm').trim() === name)
    .filter((pid) => namespaceOf(pid) === namespace && Number(pid) !== network.pid)
    .map((pid) => ({ pid: Number(pid) }))
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return ''
  }
}

function readProc(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    return ''
  }
}
