import type { Finding } from './finding.ts'
import type { OutsideView, View } from './see-from-outside.ts'

const name = 'udp'

/**
 * Judges whether UDP gets out and back. `view` is undefined where there is nobody to ask; `hint`
 * then says what would change that.
 */
export function checkUdp(view: OutsideView | undefined, hint: string): Finding<'udp'> {
  if (view === undefined || view.ipv4.asked + view.ipv6.asked === 0) {
    const message = 'Whether UDP gets out is not known: there is no STUN server to ask'
    return { name, verdict: 'skipped', message, hint }
  }
  const [publicIpv4, publicIpv6] = [publicAddress(view.ipv4), publicAddress(view.ipv6)]
  const addresses = [publicIpv4, publicIpv6].filter((address) => address !== undefined)
  if (addresses.length === 0) {
    return {
      name,
      verdict: 'warning',
      message: 'UDP does not get out: no STUN server answered',
      hint: 'Allow outgoing UDP in the firewall; without it transfers need a relay over TCP.',
    }
  }
  return {
    name,
    verdict: 'ok',
    message: `UDP gets out; others see this side as ${addresses.join(' and ')}`,
    hint: '',
    ...(publicIpv4 !== undefined && { publicIpv4 }),
    ...(publicIpv6 !== undefined && { publicIpv6 }),
  }
}

function publicAddress({ sightings }: View): string | undefined {
  return sightings[0]?.mapped.address
}
