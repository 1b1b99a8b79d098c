/**
 * How a machine is connected to the internet of the lab.
 *
 * - `open`: it has a public address, and nothing in front of it.
 * - `cone`: behind a NAT that keeps a port towards every peer, so that hole punching works.
 * - `symmetric`: behind a NAT that draws a new port for each peer.
 * - `udp-blocked`: behind a NAT that lets TCP out, and no UDP.
 * - `tcp443-only`: behind a NAT that lets out nothing but TCP to port 443.
 * - `ipv6`: open, with no IPv4 at all.
 *
 * @typedef {'open' | 'cone' | 'symmetric' | 'udp-blocked' | 'tcp443-only' | 'ipv6'} Access
 */

/** @type {Partial<Record<Access, string>>} */
const LETS_OUT = {
  'udp-blocked': 'meta l4proto tcp accept',
  'tcp443-only': 'tcp dport 443 accept',
}

/** For nft, at a gate: lets out what it did not let out before. */
export const LET_ALL_OUT = 'add rule ip filter outward accept'

/**
 * For nft, at a gate between the devices `lan` and `wan`. An unasked packet must leave no entry in
 * the connection table: that would take the port that hole punching needs. So it is dropped before
 * the entry is confirmed.
 * @param {Access} access
 */
export function natRules(access) {
  return `
    table ip nat {
      chain postrouting {
        type nat hook postrouting priority 100
        oifname "wan" masquerade ${access === 'symmetric' ? 'fully-random' : ''}
      }
    }
    table ip filter {
      chain input { type filter hook input priority 0; iifname "wan" ct state new drop; }
      chain forward {
        type filter hook forward priority 0; policy drop
        ct state established,related accept
        iifname "lan" jump outward
      }
      chain outward { ${LETS_OUT[access] ?? 'accept'}; }
    }`
}

/**
 * For nft, at a machine: counts what it exchanges with the other one by whatever way there is
 * without the relay, and with the relay.
 * @param {readonly string[]} peer addresses that the other one is seen under
 * @param {readonly string[]} relay addresses
 */
export function trafficRules(peer, relay) {
  const rules = (/** @type {'s' | 'd'} */ end) => [
    ...from(end, peer).map((match) => `${match} counter name peer`),
    ...from(end, relay).flatMap((match) => [
      `${match} meta l4proto udp counter name relayUdp`,
      `${match} tcp ${end}port 443 counter name relayTcp443`,
      `${match} tcp ${end}port != 443 counter name relayTcpElsewhere`,
    ]),
  ]
  const counters = ['peer', 'relayUdp', 'relayTcp443', 'relayTcpElsewhere']
  return `
    table inet traffic {
      ${counters.map((name) => `counter ${name} {}`).join('\n')}
      chain input {
        type filter hook input priority 0
        ${rules('s').join('\n')}
      }
      chain output {
        type filter hook output priority 0
        ${rules('d').join('\n')}
      }
    }`
}

/**
 * @param {'s' | 'd'} end
 * @param {readonly string[]} addresses
 */
function from(end, addresses) {
  return addresses.map((address) => `${address.includes(':') ? 'ip6' : 'ip'} ${end}addr ${address}`)
}
