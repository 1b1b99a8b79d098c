import { ShareError } from '../errors.ts'
import type { SearchFacts } from '../peer/path-search.ts'
import type { AgreedPaths } from './hello.ts'

/** What is known where no path was found. */
export interface FailedSearch {
  only: AgreedPaths['only']
  own: SearchFacts
  /** Absent where the other side did not get to say it. */
  peer: SearchFacts | undefined
}

const GET_A_RELAY =
  'Start the rendezvous with p2pshare serve --relay, or name a relay with --ice-server'

/** `no-path` with what was tried, what failed and what would help. */
export function explainNoPath(search: FailedSearch): ShareError {
  const [why, hint] = explanation(search)
  return new ShareError('no-path', `${why}; tried ${tried(search)}`, { hint: `${hint}.` })
}

/** The first of these that fits is what to do something about. */
function explanation({ only, own, peer }: FailedSearch): [why: string, hint: string] {
  const sides = peer ? [own, peer] : [own]
  const who = (fits: (side: SearchFacts) => boolean) => {
    const [isOwn, isPeer] = [fits(own), peer !== undefined && fits(peer)]
    if (isOwn && isPeer) return 'Both sides'
    return isOwn ? 'This side' : isPeer ? 'The other side' : undefined
  }
  if (sides.some(({ reached }) => reached)) {
    return [
      'The two sides reach each other, but what is larger than a few hundred bytes is lost on the way',
      'A VPN or tunnel between them may need a smaller MTU',
    ]
  }
  const has = (relay: SearchFacts['relay']) => who((side) => side.relay === relay)
  const granted = has('granted')
  if (only !== 'direct' && granted) {
    return [
      `${granted} got a place on the relay, but it does not lead to the other side`,
      'Check on the relay that its firewall lets UDP through to all ports that it gives out',
    ]
  }
  const refused = has('refused')
  if (only !== 'direct' && refused) {
    return [
      `${refused} was turned away by the relay`.replace('sides was', 'sides were'),
      'Check the secret or password, the clock and the quota of the relay',
    ]
  }
  const unanswered = has('silent')
  if (only !== 'direct' && unanswered) {
    return [
      `${unanswered} got no answer from the relay, over UDP or TCP`,
      'Check that the relay runs, and that its ports are open, 443 over TCP above all',
    ]
  }
  const noRelay = only === 'direct' ? 'no relay may be used' : 'there is no relay'
  const help = only === 'direct' ? 'Leave out --direct-only' : GET_A_RELAY
  if (peer && !(own.ipv4 && peer.ipv4) && !(own.ipv6 && peer.ipv6)) {
    const families = [own, peer].map(familiesOf)
    return [`This side has ${families[0]} and the other ${families[1]}, and ${noRelay}`, help]
  }
  if (sides.every(({ stun }) => stun === 'unasked')) {
    const isLan = 'The two machines are not in one network, or a firewall is between them'
    const nothing =
      only === 'direct' ? `there is no STUN, and ${noRelay}` : 'there is neither STUN nor a relay'
    return [`${isLan}, and ${nothing}`, help]
  }
  const deaf = who(({ stun }) => stun === 'silent')
  if (deaf) {
    const lets = deaf === 'Both sides' ? 'are' : 'is'
    return [`${deaf} ${lets} in a network that lets no UDP out, and ${noRelay}`, help]
  }
  const symmetric = who(({ mapping }) => mapping === 'varying')
  if (symmetric === 'Both sides') {
    return [`Both sides are behind symmetric NATs, and ${noRelay}`, help]
  }
  if (symmetric) {
    const other = symmetric === 'This side' ? 'the other side' : 'this side'
    return [
      `${symmetric} is behind a symmetric NAT, which ${other}'s cannot meet, and ${noRelay}`,
      help,
    ]
  }
  return [`The NATs or firewalls of the two sides do not let them meet, and ${noRelay}`, help]
}

function familiesOf({ ipv4, ipv6 }: SearchFacts): string {
  if (ipv4 && ipv6) return 'IPv4 and IPv6'
  if (ipv4) return 'IPv4 only'
  return ipv6 ? 'IPv6 only' : 'no network'
}

/** The ways that both sides have. */
function tried({ only, own, peer = own }: FailedSearch): string {
  const both = (has: (side: SearchFacts) => boolean) => has(own) && has(peer)
  const families = [both((side) => side.ipv4) && 'IPv4', both((side) => side.ipv6) && 'IPv6']
  const over = families.filter(Boolean).join(' and ')
  const transports = both(({ tcp }) => tcp) ? 'UDP and TCP' : 'UDP'
  const relays = own.relay !== 'unasked' || peer.relay !== 'unasked'
  const ways = [
    only !== 'relay' && `direct ${transports}${over && ` over ${over}`}`,
    only !== 'direct' && relays && 'a relay',
  ]
  return ways.filter(Boolean).join(', ')
}
