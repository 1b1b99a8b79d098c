import type { ShareError } from '../errors.ts'
import type { Finding } from './finding.ts'
import type { IceServerInfo } from './ice-targets.ts'
import type { Reach, ServerReach } from './probe-server.ts'

export interface RendezvousOutcome {
  url: string
  reach: ServerReach
  /** The ICE servers that it handed out, or why it did not bring two sides together. */
  pairing: { iceServers: IceServerInfo[] } | { error: ShareError }
}

const name = 'rendezvous'

/** Judges whether two sides would meet there; `outcome` is undefined where no server is named. */
export function checkRendezvous(outcome: RendezvousOutcome | undefined): Finding<'rendezvous'> {
  if (outcome === undefined) {
    const message = 'No rendezvous is named: the two machines meet in the local network only'
    return { name, verdict: 'skipped', message, hint: 'Name one with --rendezvous to check it.' }
  }
  const { url, reach, pairing } = outcome
  const { ipv4, ipv6 } = reach
  const figures = { url, ...roundTrip('ipv4Ms', ipv4), ...roundTrip('ipv6Ms', ipv6) }
  if ('error' in pairing) {
    return { name, verdict: 'failed', ...failure(outcome, pairing.error), ...figures }
  }
  const ways = [inWords('IPv4', ipv4), inWords('IPv6', ipv6)].filter((way) => way !== undefined)
  const over = ways.length > 0 ? ` over ${ways.join(' and ')}` : ''
  const iceServers = pairing.iceServers.length
  const silent = [problemOf('IPv4', ipv4), problemOf('IPv6', ipv6)].filter(Boolean)
  const not = silent.length > 0 ? `, not over ${silent.join(' or ')}` : ''
  const message = `${url} brings two sides together${over}${not}`
  return { name, verdict: 'ok', message, hint: '', ...figures, iceServers }
}

function failure({ url, reach }: RendezvousOutcome, error: ShareError) {
  const answers = [reach.ipv4, reach.ipv6].flatMap((way) => (isAnswer(way) ? [way.answer] : []))
  if (answers.some(({ certificate }) => certificate?.problem !== undefined)) {
    const message = `${url} answers, but its certificate is not trusted`
    return { message, hint: 'See what is said of the certificate.' }
  }
  if (reach.ipv4 === 'absent' && reach.ipv6 === 'absent') {
    const message = `The name in ${url} is not known`
    return { message, hint: 'Check its spelling, and that this machine has DNS.' }
  }
  if (answers.length > 0) {
    const message = `${url} answers, but does not bring two sides together: ${error.message}`
    return { message, hint: 'Check that it is p2pshare serve, and that a proxy passes WebSockets.' }
  }
  return { message: error.message, hint: 'Check that it runs, and the network of this machine.' }
}

function isAnswer(way: Reach): way is Extract<Reach, { answer: unknown }> {
  return way !== 'absent' && 'answer' in way
}

function roundTrip<Name extends string>(figure: Name, way: Reach): { [key in Name]?: number } {
  if (!isAnswer(way)) return {}
  return { [figure]: Math.round(way.answer.connectMs * 10) / 10 } as { [key in Name]?: number }
}

function inWords(family: string, way: Reach): string | undefined {
  if (!isAnswer(way)) return undefined
  const { connectMs } = way.answer
  return `${family} (${connectMs < 1 ? 'under 1' : Math.round(connectMs)} ms)`
}

function problemOf(family: string, way: Reach): string | undefined {
  return way !== 'absent' && 'problem' in way ? `${family} (${way.problem})` : undefined
}
