import { LET_ALL_OUT, natRules, trafficRules } from './nat-rules.mjs'
import { NetworkNamespace } from './network-namespace.mjs'

/**
 * @typedef {import('./nat-rules.mjs').Access} Access
 * @typedef {'alice' | 'bob'} Side
 * @typedef {{ host: NetworkNamespace, address: string, gate?: NetworkNamespace, gateAddress?: string }} Machine
 */

/**
 * Of the server: where the rendezvous listens, and where the relay does. Addresses for documentation
 * would not do, because the relay refuses them. Those of AS112 (RFC 7534) are public, and nobody's in
 * particular; nothing that is sent here gets out anyway.
 */
export const RENDEZVOUS = { ipv4: '192.175.48.101', ipv6: '2620:4f:8000::101' }
export const RELAY = { ipv4: '192.175.48.102', ipv6: '2620:4f:8000::102' }

/** @type {Record<Side, { ipv4: string, ipv6: string, gate: string, lan: string }>} */
const PLACES = {
  alice: { ipv4: '192.175.48.21', ipv6: '2620:4f:8000::21', gate: '192.175.48.11', lan: '10.1.0' },
  bob: { ipv4: '192.175.48.22', ipv6: '2620:4f:8000::22', gate: '192.175.48.12', lan: '10.2.0' },
}

const WITHOUT_IPV6 = 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6'

/** The internet: a server with two addresses of either family, and room for two machines. */
export class NatNetwork {
  server
  #internet

  /**
   * @param {NetworkNamespace} internet
   * @param {NetworkNamespace} server
   */
  constructor(internet, server) {
    this.#internet = internet
    this.server = server
  }

  static async open() {
    const bridge = 'ip link add bridge type bridge\nip link set bridge up'
    const internet = await NetworkNamespace.open(`${WITHOUT_IPV6}\n${bridge}`)
    const server = await NetworkNamespace.open('')
    const network = new NatNetwork(internet, server)
    network.#plug(server, 'eth0', [...Object.values(RENDEZVOUS), ...Object.values(RELAY)])
    return network
  }

  /**
   * Connects two machines for as long as the result is open.
   * @param {Access} alice
   * @param {Access} bob
   */
  async connect(alice, bob) {
    return new Machines({
      alice: await this.#machine('alice', alice),
      bob: await this.#machine('bob', bob),
    })
  }

  /** Connects two machines on one local network behind one NAT. */
  async connectOnOneLan() {
    const gate = await this.#gate('alice', 'cone')
    return new Machines({
      alice: await this.#behind(gate, 'alice', 2),
      bob: await this.#behind(gate, 'alice', 3),
    })
  }

  /**
   * The command line that runs `argv` on the server; it ends with this process.
   * @param {'server'} _side
   * @param {readonly string[]} argv
   */
  inside(_side, argv) {
    return this.server.inside(argv)
  }

  async close() {
    await Promise.all([this.server.close(), this.#internet.close()])
  }

  /**
   * @param {Side} side
   * @param {Access} access
   * @returns {Promise<Machine>}
   */
  async #machine(side, access) {
    if (access !== 'open' && access !== 'ipv6') {
      return this.#behind(await this.#gate(side, access), side, 2)
    }
    const host = await NetworkNamespace.open(access === 'open' ? WITHOUT_IPV6 : '')
    const address = PLACES[side][access === 'open' ? 'ipv4' : 'ipv6']
    this.#plug(host, 'eth0', [address])
    return { host, address }
  }

  /**
   * @param {Side} side
   * @param {Access} access
   */
  async #gate(side, access) {
    const gate = await NetworkNamespace.open(`
      ${WITHOUT_IPV6}
      echo 1 > /proc/sys/net/ipv4/ip_forward
      ip link add lan type bridge
      ip address add ${PLACES[side].lan}.1/24 dev lan
      ip link set lan up`)
    useRules(gate, natRules(access))
    this.#plug(gate, 'wan', [PLACES[side].gate])
    return gate
  }

  /**
   * @param {NetworkNamespace} gate
   * @param {Side} side whose LAN it is
   * @param {number} number in the LAN
   * @returns {Promise<Machine>}
   */
  async #behind(gate, side, number) {
    const { lan, gate: gateAddress } = PLACES[side]
    const host = await NetworkNamespace.open(WITHOUT_IPV6)
    layCable(gate, 'lan', host, 'eth0')
    host.run(`
      ip address add ${lan}.${number}/24 dev eth0
      ip link set eth0 up
      ip route add default via ${lan}.1`)
    return { host, address: `${lan}.${number}`, gate, gateAddress }
  }

  /**
   * Connects a machine to the internet. What it sends to where nobody is vanishes there, without an
   * error to the sender.
   * @param {NetworkNamespace} machine
   * @param {string} device
   * @param {string[]} addresses
   */
  #plug(machine, device, addresses) {
    layCable(this.#internet, 'bridge', machine, device)
    for (const address of addresses) {
      const length = address.includes(':') ? '64 nodad' : '24'
      machine.run(`ip address add ${address}/${length} dev ${device}`)
    }
    machine.run(`
      ip link set ${device} up
      ip link add void type veth peer name void-${machine.pid} netns ${this.#internet.pid}
      ip link set void arp off up`)
    this.#internet.run(`ip link set void-${machine.pid} up`)
    for (const family of new Set(addresses.map((address) => (address.includes(':') ? 6 : 4)))) {
      machine.run(`ip -${family} route add default dev void`)
    }
  }
}

/**
 * @typedef {object} Traffic bytes in both directions
 * @property {number} peer exchanged with the other machine, by whatever way but the relay
 * @property {number} relayUdp
 * @property {number} relayTcp443
 * @property {number} relayTcpElsewhere by TCP to another port of the relay
 */

/** Alice and Bob, each with a machine. */
export class Machines {
  /** @type {Record<Side, Machine>} */
  #machines

  /** @param {Record<Side, Machine>} machines */
  constructor(machines) {
    this.#machines = machines
    const { alice, bob } = machines
    const relay = Object.values(RELAY)
    useRules(alice.host, trafficRules(outsideOf(bob, alice), relay))
    useRules(bob.host, trafficRules(outsideOf(alice, bob), relay))
  }

  /**
   * The command line that runs `argv` on a machine; it ends with this process.
   * @param {Side} side
   * @param {readonly string[]} argv
   */
  inside(side, argv) {
    return this.#machines[side].host.inside(argv)
  }

  /**
   * What passed at a machine since the last time.
   * @param {Side} side
   * @returns {Traffic}
   */
  traffic(side) {
    const { nftables } = JSON.parse(this.#machines[side].host.run('nft -j reset counters'))
    const counters = nftables.flatMap((/** @type {any} */ { counter }) => counter ?? [])
    const bytes = new Map(counters.map((/** @type {any} */ { name, bytes }) => [name, bytes]))
    const of = (/** @type {string} */ name) => Number(bytes.get(name))
    return {
      peer: of('peer'),
      relayUdp: of('relayUdp'),
      relayTcp443: of('relayTcp443'),
      relayTcpElsewhere: of('relayTcpElsewhere'),
    }
  }

  /**
   * Lets out everything that its gate has kept in so far.
   * @param {Side} side
   */
  unblock(side) {
    const { gate } = this.#machines[side]
    if (gate) useRules(gate, LET_ALL_OUT)
  }

  async close() {
    const { alice, bob } = this.#machines
    const all = [alice, bob].flatMap(({ host, gate }) => (gate ? [host, gate] : [host]))
    await Promise.all([...new Set(all)].map((namespace) => namespace.close()))
  }
}

/**
 * The addresses that a machine is seen under by another one.
 * @param {Machine} machine
 * @param {Machine} other
 */
function outsideOf({ address, gate, gateAddress }, other) {
  return gateAddress === undefined || gate === other.gate ? [address] : [address, gateAddress]
}

/**
 * @param {NetworkNamespace} namespace
 * @param {string} rules
 */
function useRules(namespace, rules) {
  namespace.run(`nft -f - <<'RULES'\n${rules}\nRULES`)
}

/**
 * A cable between two, of which the first has a bridge.
 * @param {NetworkNamespace} near
 * @param {string} bridge
 * @param {NetworkNamespace} far
 * @param {string} device
 */
function layCable(near, bridge, far, device) {
  const end = `to-${far.pid}`
  near.run(`
    ip link add ${end} type veth peer name ${device} netns ${far.pid}
    ip link set ${end} master ${bridge} up`)
}
