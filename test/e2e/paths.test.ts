import { execFileSync } from 'node:child_process'
import { expect, it, type TestContext } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { startTurnServer } from '../turn-server.ts'
import { runThrough } from './isolated-network.ts'
import { linkedNetworks } from './linked-networks.ts'
import { expectStatuses, parcel, startReceiver, startSender } from './transfer.ts'

const TURN_PORT = 3478
const isRelayed = ({ path }: { path: string }) => path === 'relay'

/** Two machines with a cable between them, and a relay on the sender's. */
async function withRelay(context: Pick<TestContext, 'skip'>) {
  const network = await linkedNetworks(context)
  const relay = await startTurnServer(context, {
    address: network.senderAddress,
    port: TURN_PORT,
    through: network.sender,
  })
  const { urls, username, credential } = relay.server('udp')
  const iceServer = ['--ice-server', `${urls[0]},${username},${credential}`]
  return { ...network, iceServer }
}

/** What leaves the receiver for the sender's machine is counted, but for the relay and TCP. */
const COUNT = `nft -f - <<RULES
table inet paths {
  counter straight {}
  chain out {
    type filter hook output priority 0
    oifname "lan1" meta l4proto udp udp dport != { ${TURN_PORT}, 5353 } counter name straight
  }
}
RULES`

/** Nothing passes to and from the receiver but what goes to the relay, and the rendezvous. */
const BLOCK = `nft -f - <<RULES
table inet paths {
  chain out {
    type filter hook output priority 0
    oifname "lan1" meta l4proto udp udp dport != { ${TURN_PORT}, 5353 } drop
    oifname "lan1" meta l4proto tcp tcp dport != 7342-7349 drop
  }
}
RULES`
const UNBLOCK = 'nft delete table inet paths'

it('a transfer by a relay goes straight as soon as it can', async (context) => {
  const { sender: through, receiver: receiverThrough, iceServer } = await withRelay(context)
  runThrough(receiverThrough, BLOCK)
  const what = parcel(60 * MIB)
  const options = { through, receiverThrough, sendFlags: [...iceServer, '--limit', '3M'] }
  const { sender, full } = await startSender(what.file, options)
  const receiver = startReceiver(full, what.output, { ...options, receiveFlags: iceServer })
  for (const side of [sender, receiver]) {
    expect(await side.event('connected')).toMatchObject({ path: 'relay', transport: 'udp' })
  }
  await receiver.event('progress', ({ bytes }) => bytes > 6 * MIB)
  runThrough(receiverThrough, UNBLOCK)
  for (const side of [sender, receiver]) {
    const { path, before } = await side.event('path', ({ before }) => isRelayed(before))
    expect([path, before.path]).toEqual(['direct', 'relay'])
  }
  await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
  for (const side of [sender, receiver]) {
    expect(side.eventsOf('connected')).toHaveLength(1)
  }
})

it('not a packet goes straight from a side that takes nothing but a relay', async (context) => {
  const { sender: through, receiver: receiverThrough, iceServer } = await withRelay(context)
  runThrough(receiverThrough, COUNT)
  const what = parcel(20 * MIB)
  const options = { through, receiverThrough, receiveFlags: ['--relay-only', ...iceServer] }
  const { sender, full } = await startSender(what.file, options)
  const receiver = startReceiver(full, what.output, options)
  await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
  for (const side of [sender, receiver]) {
    expect(side.eventsOf('connected').every(isRelayed)).toBe(true)
    expect(side.eventsOf('done')).toMatchObject([{ path: 'relay' }])
  }
  const [command = '', ...words] = [...receiverThrough, 'nft', 'list', 'counters']
  expect(execFileSync(command, words).toString()).toContain('packets 0 ')
})

it('where nothing but a direct path is taken, a relay does not help', async (context) => {
  const { sender: through, receiver: receiverThrough, iceServer } = await withRelay(context)
  runThrough(receiverThrough, BLOCK)
  const what = parcel(MIB)
  const options = { through, receiverThrough, sendFlags: iceServer }
  const { sender, full } = await startSender(what.file, options)
  const receiveFlags = [...iceServer, '--direct-only']
  const began = performance.now()
  const receiver = startReceiver(full, what.output, { ...options, receiveFlags })
  await expectStatuses({ sender, receiver }, { sender: 5, receiver: 5 })
  expect(performance.now() - began).toBeLessThan(20_000)
  for (const side of [sender, receiver]) {
    expect(side.eventsOf('error')).toMatchObject([
      {
        code: 'no-path',
        message: expect.stringContaining('no relay may be used'),
        hint: 'Leave out --direct-only.',
      },
    ])
  }
})
