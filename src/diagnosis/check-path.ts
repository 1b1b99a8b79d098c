import type { CheckResult } from '../events.ts'
import type { Finding } from './finding.ts'

const name = 'path'

/** Concludes from the other checks whether a transfer would find a way, and which. */
export function checkPath(results: readonly CheckResult[]): Finding<'path'> {
  const has = (wanted: CheckResult['name']) =>
    results.some((result) => result.name === wanted && result.verdict === 'ok')
  const udp = results.find((result) => result.name === 'udp')
  const nat = results.find((result) => result.name === 'nat')
  const rendezvous = results.find((result) => result.name === 'rendezvous')
  const isSymmetric = nat?.mapping === 'symmetric'
  const isRelayed = has('relay-udp') || has('relay-tcp')
  if (udp?.verdict === 'warning') {
    if (isRelayed) return warning('Transfers go through the relay', OPEN_UDP)
    const message = 'No way out of this network: UDP is blocked, and no relay is reached'
    return { name, verdict: 'failed', message, hint: `${OPEN_UDP.slice(0, -1)}, or ${START_RELAY}` }
  }
  if (isRelayed) {
    const message = 'Transfers with any other machine should work, if need be through the relay'
    return { name, verdict: 'ok', message, hint: '' }
  }
  if (rendezvous?.verdict === 'skipped' && udp?.verdict === 'skipped') {
    const message = 'Transfers on this machine and in its network should work'
    return { name, verdict: 'ok', message, hint: '' }
  }
  if (udp?.verdict === 'skipped') {
    return warning('Transfers work where the machines reach each other directly', CAPITALISED)
  }
  const others = isSymmetric ? 'is open or in this network' : 'has no symmetric NAT and has UDP'
  return warning(`Transfers work where the other side ${others}: there is no relay`, CAPITALISED)
}

const START_RELAY = 'start the rendezvous with p2pshare serve --relay.'
const CAPITALISED = `For all others, ${START_RELAY}`
const OPEN_UDP = 'Allow outgoing UDP in the firewall.'

function warning(message: string, hint: string): Finding<'path'> {
  return { name, verdict: 'warning', message, hint }
}
