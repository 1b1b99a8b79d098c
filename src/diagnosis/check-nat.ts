import type { NatMapping } from '../events.ts'
import type { Finding } from './finding.ts'
import { natMapping } from './nat-mapping.ts'
import type { OutsideView } from './see-from-outside.ts'

const name = 'nat'

const MEANINGS: Record<NatMapping, Omit<Finding<'nat'>, 'name' | 'mapping'>> = {
  none: {
    verdict: 'ok',
    message: 'No NAT: this machine has the address that others see',
    hint: '',
  },
  cone: {
    verdict: 'ok',
    message: 'A NAT that keeps one address for all (cone): direct connections mostly work',
    hint: '',
  },
  symmetric: {
    verdict: 'warning',
    message:
      'A NAT with another address for each destination (symmetric): direct connections work only to machines that are easily reached',
    hint: 'Have a relay for the rest (p2pshare serve --relay), or use IPv6 or another network.',
  },
  unknown: {
    verdict: 'warning',
    message: 'A NAT, of which kind is not known: only one STUN server answered',
    hint: 'Name a second STUN server to compare.',
  },
}

/** Judges the NAT that `view` shows, that of IPv4 where there is one. */
export function checkNat(
  view: OutsideView | undefined,
  isOwnAddress: (address: string) => boolean,
): Finding<'nat'> {
  const views = [view?.ipv4, view?.ipv6].filter((each) => each && each.sightings.length > 0)
  const [seen] = views
  if (seen === undefined) {
    const message = 'Which kind of NAT there is could not be seen'
    return { name, verdict: 'skipped', message, hint: '' }
  }
  const mapping = natMapping(seen.sightings, isOwnAddress)
  return { name, ...MEANINGS[mapping], mapping }
}
