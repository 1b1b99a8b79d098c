import { BlockList } from 'node:net'
import { networkInterfaces } from 'node:os'

/** RFC 1918. */
const PRIVATE = new BlockList()
PRIVATE.addSubnet('10.0.0.0', 8)
PRIVATE.addSubnet('172.16.0.0', 12)
PRIVATE.addSubnet('192.168.0.0', 16)

/** Ethernet and wireless adapters, as Linux, macOS, BSD and Windows name them. */
const PHYSICAL = /^(?:en|eth|wl|ww|em\d|igb|re\d|ethernet|wi-?fi|wireless|wlan|local area)/i

/** Bridges, containers, virtual machines and tunnels, which others seldom reach. */
const VIRTUAL =
  /^(?:docker|br-|veth|virbr|vnet|vmnet|vbox|utun|tun|tap|wg|zt|tailscale|bridge|vethernet)/i

type Interfaces = ReturnType<typeof networkInterfaces>

/**
 * The addresses at which others in the network may reach this machine, the likeliest first: a
 * private IPv4 address of a physical-looking interface before any other, IPv4 before IPv6.
 * Addresses that need a zone or never leave the machine are not among them.
 */
export function localAddresses(interfaces: Interfaces = ownInterfaces()): string[] {
  return Object.entries(interfaces)
    .flatMap(([name, addresses = []]) => addresses.map((address) => ({ name, ...address })))
    .filter(({ internal, address }) => !internal && !isLinkLocal(address))
    .map(({ name, address, family }) => ({ address, rank: rank(name, address, family) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ address }) => address)
}

/** Whether `address` is one of this machine's own. */
export function isOwnAddress(address: string, interfaces: Interfaces = ownInterfaces()): boolean {
  return Object.values(interfaces).some((each) => each?.some((own) => own.address === address))
}

/** None where the system keeps them to itself, as Android does. */
function ownInterfaces(): Interfaces {
  try {
    return networkInterfaces()
  } catch {
    return {}
  }
}

function isLinkLocal(address: string): boolean {
  return /^(?:fe[89ab][0-9a-f]:|169\.254\.)/i.test(address)
}

function rank(name: string, address: string, family: string): number {
  const byFamily = family === 'IPv4' ? 0 : 4
  const byInterface = PHYSICAL.test(name) ? 0 : VIRTUAL.test(name) ? 8 : 1
  const byNetwork = family !== 'IPv4' || PRIVATE.check(address) ? 0 : 2
  return byInterface + byFamily + byNetwork
}
