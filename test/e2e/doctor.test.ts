import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CheckName, CheckResult, EventLine } from '../../src/events.ts'
import { selfSigned } from '../diagnosis/certificate.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { ISOLATED_ADDRESS, isolatedNetwork, runThrough } from './isolated-network.ts'
import { type Program, type StartOptions, start } from './program.ts'
import { startRelay, TURN_SECRET } from './relay.ts'
import { startServer } from './transfer.ts'

const SECOND_ADDRESS = '10.77.0.9'
const STUN = [`stun:${ISOLATED_ADDRESS}:443`, `stun:${SECOND_ADDRESS}:443`]
const TURN = [`turn:${ISOLATED_ADDRESS}:443`, `turn:${ISOLATED_ADDRESS}:443?transport=tcp`]

/** All that it wrote: these are not a transfer's events. */
function lines(doctor: Program): readonly EventLine[] {
  return doctor.events as readonly EventLine[]
}

/** The doctor's findings, by the name of the check. */
async function findings(doctor: Program): Promise<Map<CheckName, CheckResult>> {
  await doctor.exit
  return new Map(
    lines(doctor).flatMap((line) => (line.event === 'check' ? [[line.name, line]] : [])),
  )
}

function verdicts(found: Map<CheckName, CheckResult>): Record<string, string> {
  return Object.fromEntries([...found].map(([name, { verdict }]) => [name, verdict]))
}

function examine(server: string, options: StartOptions = {}): Program {
  return start(['doctor', '--json', '--rendezvous', server], options)
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

describe('the doctor', () => {
  it('finds nothing wrong with a plain machine', async () => {
    const { server } = await startServer()
    const doctor = examine(server, { cwd: scratchDirectory() })
    const found = await findings(doctor)
    expect(await doctor.exit, doctor.describe()).toEqual({ status: 0, signal: null })
    expect(verdicts(found)).toMatchObject({
      engine: 'ok',
      rendezvous: 'ok',
      certificate: 'skipped',
      clock: 'ok',
      udp: 'skipped',
      'free-space': 'ok',
      throughput: 'ok',
      path: 'warning',
    })
    expect(found.get('throughput')?.bytesPerSecond).toBeGreaterThan(1e5)
    expect(doctor.events.at(-1)).toMatchObject({ event: 'done', failed: 0 })
  })

  it('says in plain words what it finds without a server', async () => {
    const doctor = start(['doctor'])
    expect(await doctor.exit, doctor.describe()).toEqual({ status: 0, signal: null })
    expect(doctor.stdout).toMatch(/^ok {7}The WebRTC engine runs on this machine/)
    expect(doctor.stdout).toContain('\nskipped  No rendezvous is named')
    expect(doctor.stdout).toMatch(/\nA transfer should work from here(, with \d+ warnings?)?\.\n$/)
    expect(doctor.stderr).toBe('')
  })

  it('ends with status 10 where the rendezvous is down', async () => {
    const doctor = examine('http://127.0.0.1:1')
    const found = await findings(doctor)
    expect(await doctor.exit, doctor.describe()).toMatchObject({ status: 10 })
    expect(found.get('rendezvous')).toMatchObject({
      verdict: 'failed',
      message: 'No rendezvous answers at http://127.0.0.1:1 (ECONNREFUSED)',
    })
    expect(doctor.events.at(-1)).toMatchObject({ event: 'error', code: 'no-rendezvous', exit: 10 })
  })

  it('says what is wrong with a certificate', async () => {
    const { key, cert } = selfSigned('localhost')
    const port = await listen(
      createTlsServer({ key, cert }, (_request, response) => response.end()),
    )
    const doctor = examine(`https://localhost:${port}`)
    const found = await findings(doctor)
    expect(await doctor.exit, doctor.describe()).toMatchObject({ status: 10 })
    expect(found.get('certificate')).toMatchObject({
      verdict: 'failed',
      message: 'The certificate is not trusted: it is signed by nobody but itself',
    })
  })

  it('says that the clock is wrong', async () => {
    const { server } = await startServer()
    const { port } = new URL(server)
    // Three days behind; all else goes on to the real one.
    const there = createServer((_request, response) => {
      response.setHeader('date', new Date(Date.now() - 3 * 86_400_000).toUTCString()).end('ok')
    })
    there.on('upgrade', (request, socket, head) => {
      const onward = connect(Number(port), '127.0.0.1')
      const headers = request.rawHeaders.map((text, index) => text + (index % 2 ? '\r\n' : ': '))
      onward.write(`GET ${request.url} HTTP/1.1\r\n${headers.join('')}\r\n`)
      onward.write(head)
      socket.pipe(onward).pipe(socket)
      for (const each of [socket, onward]) each.on('error', () => each.destroy())
    })
    const doctor = examine(`http://127.0.0.1:${await listen(there)}`)
    const found = await findings(doctor)
    expect(await doctor.exit, doctor.describe()).toMatchObject({ status: 0 })
    expect(found.get('rendezvous')).toMatchObject({ verdict: 'ok' })
    expect(found.get('clock')).toMatchObject({
      verdict: 'warning',
      message: "This machine's clock is 3 days ahead of the server's",
    })
  })

  it('ends with status 8 where nothing can be saved', async () => {
    const doctor = start(['doctor', '--json', '--output', '/nowhere/at/all'])
    expect(await doctor.exit, doctor.describe()).toMatchObject({ status: 8 })
    expect((await findings(doctor)).get('free-space')).toMatchObject({ verdict: 'failed' })
  })

  it('ends at once when it is stopped', async () => {
    const silent = createTcpServer(() => {})
    const doctor = examine(`http://127.0.0.1:${await listen(silent)}`)
    await doctor.text('"event":"check"', 'stdout')
    const stoppedMs = Date.now()
    doctor.kill('SIGINT')
    expect(await doctor.exit, doctor.describe()).toMatchObject({ status: 130 })
    expect(Date.now() - stoppedMs).toBeLessThan(3000)
  })
})

describe('with STUN and a relay the doctor', () => {
  async function network(
    context: Parameters<typeof isolatedNetwork>[0],
    { turn = TURN, secret = TURN_SECRET }: { turn?: readonly string[]; secret?: string } = {},
  ) {
    const through = await isolatedNetwork(context)
    runThrough(through, `ip address add ${SECOND_ADDRESS}/24 dev lan0`)
    await startRelay(context, through, [ISOLATED_ADDRESS, SECOND_ADDRESS])
    const flags = [
      ...STUN.flatMap((url) => ['--stun', url]),
      ...turn.flatMap((url) => ['--turn', url]),
      ...(turn.length > 0 ? ['--turn-secret', secret] : []),
    ]
    const program = start(['serve', '--host', ISOLATED_ADDRESS, '--port', '7342', ...flags], {
      through,
    })
    await program.text('\n', 'stdout')
    return { through, server: program.stdout.trim() }
  }

  it('finds every way out', async (context) => {
    const { through, server } = await network(context)
    const doctor = examine(server, { through })
    const found = await findings(doctor)
    expect(await doctor.exit, doctor.describe()).toMatchObject({ status: 0 })
    expect(verdicts(found), doctor.describe()).toMatchObject({
      udp: 'ok',
      nat: 'ok',
      'relay-udp': 'ok',
      'relay-tcp': 'ok',
      path: 'ok',
    })
    expect(found.get('udp')?.publicIpv4).toBe(ISOLATED_ADDRESS)
    expect(found.get('nat')?.mapping).toBe('none')
    expect(found.get('relay-tcp')?.message).toContain('over TCP 443, and gives 10.77.0.1:')
  })

  it('goes through the relay where UDP is blocked', async (context) => {
    const { through, server } = await network(context)
    blockUdp(through)
    const doctor = examine(server, { through })
    const found = await findings(doctor)
    expect(await doctor.exit, doctor.describe()).toMatchObject({ status: 0 })
    expect(verdicts(found), doctor.describe()).toMatchObject({
      udp: 'warning',
      nat: 'skipped',
      'relay-udp': 'warning',
      'relay-tcp': 'ok',
      path: 'warning',
    })
    expect(lines(doctor).at(-1)).toMatchObject({ event: 'done', failed: 0, skipped: 2 })
  })

  it('ends with status 5 where UDP is blocked and there is no relay', async (context) => {
    const { through, server } = await network(context, { turn: [] })
    blockUdp(through)
    const doctor = examine(server, { through })
    expect(await doctor.exit, doctor.describe()).toMatchObject({ status: 5 })
    expect((await findings(doctor)).get('path')).toMatchObject({
      verdict: 'failed',
      message: 'No way out of this network: UDP is blocked, and no relay is reached',
    })
  })

  it('tells a NAT that gives each destination its own port', async (context) => {
    const { through, server } = await network(context, { turn: [] })
    runThrough(
      through,
      `nft 'add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; };
       add rule ip nat out udp dport 443 masquerade to :20000-60000 fully-random'`,
    )
    const doctor = examine(server, { through })
    expect((await findings(doctor)).get('nat'), doctor.describe()).toMatchObject({
      verdict: 'warning',
      mapping: 'symmetric',
    })
  })

  it('says that a relay does not accept the credentials', async (context) => {
    const { through, server } = await network(context, { secret: 'quite-another-secret' })
    const doctor = examine(server, { through })
    expect((await findings(doctor)).get('relay-udp'), doctor.describe()).toMatchObject({
      verdict: 'warning',
      message: 'The relay gives no address: it does not accept the credentials (over UDP)',
    })
  })
})

function blockUdp(through: readonly string[]): void {
  runThrough(
    through,
    `nft 'add table inet filter; add chain inet filter out { type filter hook output priority 0; };
     add rule inet filter out udp dport 443 drop'`,
  )
}
