import { isIPv6 } from 'node:net'
import { ShareError } from '../errors.ts'
import { MAX_ICE_SERVERS } from '../limits.ts'
import { printable } from '../printable.ts'

/** A STUN or TURN server, with what it takes to use it (W3C webrtc, RTCIceServer). */
export interface IceServer {
  urls: string[]
  username?: string
  credential?: string
}

const EXAMPLES = {
  stun: 'stun:stun.example.org or stun:192.0.2.1:3478',
  turn: 'turn:relay.example.org, turn:192.0.2.1:443?transport=tcp or turns:relay.example.org:443',
} as const

const ICE_URL = /^(?:stun:(?<stun>[^?]+)|turns?:(?<turn>[^?]+)(?:\?transport=(?:udp|tcp))?)$/
const HOST_AND_PORT =
  /^(?:\[(?<ipv6>[0-9a-f:.]+)\]|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::(?<port>[0-9]{1,5}))?$/i

/**
 * Whether `text` is a stun, turn or turns URL (RFC 7064, section 3.1; RFC 7065, section 3.1), whose
 * only query is a transport.
 */
export function isIceUrl(text: string): boolean {
  const url = ICE_URL.exec(text)?.groups
  const address = HOST_AND_PORT.exec(url?.['stun'] ?? url?.['turn'] ?? '')?.groups
  if (address === undefined) return false
  const { ipv6, port = '3478' } = address
  return (ipv6 === undefined || isIPv6(ipv6)) && Number(port) > 0 && Number(port) < 2 ** 16
}

/** Whether `text`, an ICE URL, is that of a relay, which takes nobody without a credential. */
export function isRelayUrl(text: string): boolean {
  return !text.startsWith('stun:')
}

/**
 * Checks the URLs that a server is to hand out.
 * @throws ShareError `usage` where one is no stun URL, or no turn or turns URL, or there are too many.
 */
export function checkIceUrls(urls: readonly string[], kind: 'stun' | 'turn'): void {
  const wrong = urls.find((url) => !isIceUrl(url) || isRelayUrl(url) !== (kind === 'turn'))
  if (wrong !== undefined) {
    throw new ShareError('usage', `"${printable(wrong)}" is no ${kind} URL`, {
      hint: `--${kind} takes ${EXAMPLES[kind]}`,
    })
  }
  if (urls.length <= MAX_ICE_SERVERS) return
  throw new ShareError('usage', `There are more than ${MAX_ICE_SERVERS} ${kind} URLs`)
}
