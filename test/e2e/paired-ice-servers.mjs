/** Meets itself at the rendezvous of the URL given, and prints what ICE servers each side was told of. */
import { connectRendezvous } from '../../dist/rendezvous/client.js'

const nobody = {
  onMessage: () => {},
  onPeerLeft: () => {},
  onCrowded: () => {},
  onLost: () => {},
}

/** @param {'sender' | 'receiver'} role */
const join = async (role) => {
  /** @type {(paired: import('../../src/rendezvous/protocol.ts').Paired) => void} */
  let onPaired = () => {}
  /** @type {Promise<import('../../src/rendezvous/protocol.ts').Paired>} */
  const paired = new Promise((resolve) => {
    onPaired = resolve
  })
  const client = await connectRendezvous(process.argv[2] ?? '', { ...nobody, onPaired })
  await client.open({ role, nameplate: '7' })
  return paired
}

const sides = await Promise.all([join('sender'), join('receiver')])
console.log(JSON.stringify(sides.map(({ iceServers }) => iceServers)))
process.exit()
