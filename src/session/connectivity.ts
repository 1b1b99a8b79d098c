import * as v from 'valibot'
import { ShareError } from '../errors.ts'
import type { PathInfo } from '../events.ts'
import { MAX_ICE_SERVERS } from '../limits.ts'
import { printable } from '../printable.ts'
import { type IceServer, isIceUrl, isRelayUrl } from '../rendezvous/ice-server.ts'
import { iceServersSchema } from '../rendezvous/ice-servers-schema.ts'
import type { ProxySettings } from '../rendezvous/proxy.ts'

/** How a side may get to the other one; as it and its rendezvous can where nothing is said. */
export interface Connectivity {
  /** STUN and TURN servers in the place of those that the rendezvous names. */
  iceServers?: readonly IceServer[] | undefined
  /** The one kind of path that is taken. */
  only?: PathInfo['path'] | undefined
  /** On the way to a rendezvous that is not in this network. */
  proxy?: ProxySettings | undefined
}

/** What `options` say of it. Throws ShareError `usage` where one of the ICE servers is none. */
export function connectivityOf({ iceServers, only, proxy }: Connectivity): Connectivity {
  if (iceServers) checkIceServers(iceServers)
  return { iceServers, only, proxy }
}

function checkIceServers(iceServers: readonly IceServer[]): void {
  for (const { urls, username, credential } of iceServers) {
    const wrong = urls.find((url) => !isIceUrl(url))
    if (wrong !== undefined) {
      throw new ShareError('usage', `"${printable(wrong)}" is no URL of a STUN or TURN server`, {
        hint: 'Write stun:HOST, or turn:HOST,USER,PASSWORD; the host may have a :PORT, and a TURN server ?transport=tcp.',
      })
    }
    const relay = urls.find(isRelayUrl)
    if (relay !== undefined && !(username && credential)) {
      throw new ShareError('usage', `"${printable(relay)}" needs a user name and a password`, {
        hint: `Write ${printable(relay)},USER,PASSWORD`,
      })
    }
  }
  if (v.is(iceServersSchema, iceServers)) return
  throw new ShareError(
    'usage',
    `There are more than ${MAX_ICE_SERVERS} ICE servers, or an empty one`,
  )
}

/** Whether one of the servers is a relay, or else one that tells a machine its public address. */
export function offers(kind: 'relay' | 'stun', iceServers: readonly IceServer[]): boolean {
  return iceServers.some(({ urls }) => urls.some((url) => isRelayUrl(url) === (kind === 'relay')))
}
