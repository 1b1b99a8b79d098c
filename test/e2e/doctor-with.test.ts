import { describe, expect, it } from 'vitest'
import type { CheckResult, EventLine } from '../../src/events.ts'
import { MIB } from '../../src/limits.ts'
import { sha256Of } from './content.ts'
import { ISOLATED_ADDRESS, isolatedNetwork, runThrough } from './isolated-network.ts'
import { type Program, type StartOptions, start } from './program.ts'
import { parcel, startReceiver, startSender, startServer } from './transfer.ts'

function checks(doctor: Program): CheckResult[] {
  return (doctor.events as readonly EventLine[]).flatMap((line) =>
    line.event === 'check' ? [line] : [],
  )
}

/** A doctor that waits for another one, and its code. */
async function startDoctor(server: string, options: StartOptions = {}) {
  const doctor = start(['doctor', '--with', '--json', '--rendezvous', server], options)
  const { code } = await doctor.event('code')
  return { doctor, code }
}

function join(code: string, server: string, options: StartOptions = {}): Program {
  return start(['doctor', '--with', code, '--json', '--rendezvous', server], options)
}

async function expectStatus(program: Program, status: number): Promise<void> {
  expect(await program.exit, program.describe()).toEqual({ status, signal: null })
}

describe('two doctors', () => {
  it('tell each other the way and what it carries', async () => {
    const { server } = await startServer()
    const { doctor, code } = await startDoctor(server)
    const other = join(code, server)
    await expectStatus(other, 0)
    await expectStatus(doctor, 0)
    for (const side of [doctor, other]) {
      expect(checks(side).map(({ name, verdict }) => [name, verdict])).toEqual([
        ['connection', 'ok'],
        ['sending', 'ok'],
        ['receiving', 'ok'],
      ])
      expect(checks(side)[0]).toMatchObject({ path: 'direct', ownAddress: expect.any(String) })
    }
    const [, sending, receiving] = checks(doctor)
    const [, otherSending, otherReceiving] = checks(other)
    expect(sending?.bytesPerSecond).toBeGreaterThan(1e5)
    expect(otherReceiving?.bytesPerSecond).toBe(sending?.bytesPerSecond)
    expect(otherSending?.bytesPerSecond).toBe(receiving?.bytesPerSecond)
  })

  it('both end with status 5 and the reason where there is no way', async (context) => {
    const through = await isolatedNetwork(context)
    const program = start(['serve', '--host', ISOLATED_ADDRESS, '--port', '7342'], { through })
    await program.text('\n', 'stdout')
    const server = program.stdout.trim()
    runThrough(
      through,
      `nft 'add table inet filter;
       add chain inet filter out { type filter hook output priority 0; };
       add rule inet filter out tcp sport 7342 accept;
       add rule inet filter out tcp dport 7342 accept;
       add rule inet filter out meta l4proto { tcp, udp } drop'`,
    )
    const { doctor, code } = await startDoctor(server, { through })
    const other = join(code, server, { through })
    await expectStatus(other, 5)
    await expectStatus(doctor, 5)
    for (const side of [doctor, other]) {
      expect(side.eventsOf('error')).toMatchObject([{ code: 'no-path' }])
    }
  })
})

describe('a doctor with the code of a sender', () => {
  it('ends with a clear message, and does no harm', async () => {
    const { server } = await startServer()
    const what = parcel(2 * MIB)
    const { sender, code } = await startSender(what.file, { server })
    const doctor = join(code, server)
    await expectStatus(doctor, 9)
    expect(doctor.eventsOf('error')).toMatchObject([
      { code: 'incompatible', hint: expect.stringContaining('still good for p2pshare receive') },
    ])
    await sender.event('warning', ({ message }) => message.includes('p2pshare doctor'))
    const receiver = startReceiver(code, what.output, { server })
    await expectStatus(receiver, 0)
    await expectStatus(sender, 0)
    expect(await sha256Of(what.saved)).toBe(what.sha256)
  })
})

describe('a receiver with the code of a doctor', () => {
  it('ends with a clear message, and the doctor waits on', async () => {
    const { server } = await startServer()
    const { doctor, code } = await startDoctor(server)
    const receiver = startReceiver(code, parcel(1).output, { server })
    await expectStatus(receiver, 9)
    expect(receiver.eventsOf('error')).toMatchObject([
      { code: 'incompatible', hint: expect.stringContaining('p2pshare doctor --with CODE') },
    ])
    await doctor.event('warning')
    const other = join(code, server)
    await expectStatus(other, 0)
    await expectStatus(doctor, 0)
  })
})
