import type { PathInfo } from '../events.ts'
import type { LaneTransport } from './lane-message.ts'

export interface IceServer {
  urls: string[]
  username?: string
  credential?: string
}

export interface IceConfigurationInit {
  iceServers: readonly IceServer[]
  /** Over which transport candidates may lead; over any unless told otherwise. */
  transport?: LaneTransport
  /** The one kind of path that may be taken; either when absent. */
  only?: PathInfo['path'] | undefined
}

/** What the engine is told of servers: one that cannot help is not even told that we are here. */
export function iceConfiguration(init: IceConfigurationInit) {
  const iceServers = init.iceServers
    .map(({ urls, ...access }) => ({ ...access, urls: urls.filter((url) => serves(url, init)) }))
    .filter(({ urls }) => urls.length > 0)
  const isRelayOnly = init.only === 'relay'
  return { iceServers, ...(isRelayOnly && { iceTransportPolicy: 'relay' as const }) }
}

function serves(url: string, { only, transport }: IceConfigurationInit): boolean {
  const isRelay = !url.startsWith('stun:')
  return isRelay ? only !== 'direct' : only !== 'relay' && transport !== 'tcp'
}
