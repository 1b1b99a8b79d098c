import { expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { holdNetwork, LOOPBACK, runThrough } from './isolated-network.ts'
import { expectStatuses, parcel, startReceiver, startSender } from './transfer.ts'

const NEAR = 'ip link add v6a type veth peer name v6b && ip link set v6a addrgenmode none up'
const address = (interfaceName: string, host: string) =>
  `ip -6 address add fd77::${host}/64 dev ${interfaceName} nodad && ip link set ${interfaceName} up`

it('two machines that have nothing but IPv6 find and reach each other', async (context) => {
  const near = await holdNetwork(context, `${LOOPBACK} && ${NEAR} && ${address('v6a', '1')}`)
  const far = await holdNetwork(context, LOOPBACK, near)
  runThrough(near.through, `ip link set v6b netns ${far.pid}`)
  runThrough(far.through, address('v6b', '2'))
  const what = parcel(8 * MIB)
  const options = { through: near.through, receiverThrough: far.through }
  const { sender, full } = await startSender(what.file, options)
  expect(full).toMatch(/@\[fd77::1\]:73\d\d$/)
  const receiver = startReceiver(full, what.output, options)
  await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
  expect(receiver.eventsOf('done')).toMatchObject([{ path: 'direct' }])
})
