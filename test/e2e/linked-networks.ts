import type { TestContext } from 'vitest'
import {
  type HeldNetwork,
  holdNetwork,
  INTERFACE,
  ISOLATED_ADDRESS,
  LOOPBACK,
  runThrough,
} from './isolated-network.ts'

/** Two machines, as far as the network goes, with a cable between them. */
export interface LinkedNetworks {
  /** The command that runs another one where the sender is, or the receiver. */
  sender: readonly string[]
  receiver: readonly string[]
  senderAddress: string
  unplug(): void
  plugIn(): void
  /** Takes the receiver's address away and gives it another one of the same network. */
  changeReceiverAddress(): void
}

const RECEIVER_ADDRESS = '10.77.0.2/24'
const OTHER_RECEIVER_ADDRESS = '10.77.0.3/24'

/** Networks of the test's own that end with it; skips the test as `isolatedNetwork` does. */
export async function linkedNetworks(context: Pick<TestContext, 'skip'>): Promise<LinkedNetworks> {
  const near: HeldNetwork = await holdNetwork(context, `${LOOPBACK} && ${INTERFACE}`)
  const far = await holdNetwork(context, LOOPBACK, near)
  const [sender, receiver] = [near.through, far.through]
  runThrough(sender, `ip link set lan1 netns ${far.pid}`)
  runThrough(receiver, `ip address add ${RECEIVER_ADDRESS} dev lan1 && ip link set lan1 up`)
  return {
    sender,
    receiver,
    senderAddress: ISOLATED_ADDRESS,
    unplug: () => runThrough(sender, 'ip link set lan0 down'),
    plugIn: () => runThrough(sender, 'ip link set lan0 up'),
    changeReceiverAddress: () => {
      runThrough(receiver, `ip address del ${RECEIVER_ADDRESS} dev lan1`)
      runThrough(receiver, `ip address add ${OTHER_RECEIVER_ADDRESS} dev lan1`)
    },
  }
}
