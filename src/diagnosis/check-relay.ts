import { toShareError } from '../errors.ts'
import type { Finding } from './finding.ts'
import type { IceServerInfo } from './ice-targets.ts'

export interface RelayCheckInit<Name extends 'relay-udp' | 'relay-tcp'> {
  name: Name
  /** The TURN servers that are reached so. */
  relays: readonly IceServerInfo[]
  /** Has a relay give an address, or throws why it does not. */
  allocate: (relays: readonly IceServerInfo[]) => Promise<string>
}

/** Judges whether a relay can be used, by using it. */
export async function checkRelay<Name extends 'relay-udp' | 'relay-tcp'>(
  init: RelayCheckInit<Name>,
): Promise<Finding<Name>> {
  const { name, relays, allocate } = init
  const transport = name === 'relay-udp' ? 'UDP' : portsOf(relays)
  if (relays.length === 0) {
    const message = `No relay over ${name === 'relay-udp' ? 'UDP' : 'TCP'} is offered`
    return { name, verdict: 'skipped', message, hint: '' }
  }
  const startMs = performance.now()
  try {
    const address = await allocate(relays)
    const milliseconds = Math.round(performance.now() - startMs)
    const message = `A relay is reached over ${transport}, and gives ${address}`
    return { name, verdict: 'ok', message, hint: '', address, milliseconds }
  } catch (thrown) {
    const error = toShareError(thrown)
    const why = error.code === 'no-path' ? error.message : 'The relay does not answer'
    return { name, verdict: 'warning', message: `${why} (over ${transport})`, hint: HINT }
  }
}

const HINT = 'Check that the relay runs, and that a firewall lets this machine reach it.'

/** `TCP 443` where that is the port of all of them. */
function portsOf(relays: readonly IceServerInfo[]): string {
  const urls = relays.flatMap((relay) => relay.urls)
  return urls.every((url) => /:443(?:\?|$)/.test(url)) ? 'TCP 443' : 'TCP'
}
