import * as v from 'valibot'
import { ShareError } from '../errors.ts'
import type { PathInfo } from '../events.ts'

const helloSchema = v.object({
  type: v.literal('hello'),
  only: v.optional(v.picklist(['direct', 'relay'])),
  stun: v.boolean(),
  relay: v.boolean(),
})

/** The first sealed message of each side: how it can get to the other. */
export interface Hello {
  /** The one kind of path that it takes. */
  only?: PathInfo['path'] | undefined
  /** Whether it has a server that tells it its public address, and one that is a relay. */
  stun: boolean
  relay: boolean
}

export function encodeHello(hello: Hello): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ type: 'hello', ...hello }))
}

/** The hello in `bytes`, which came from the other side. Throws `protocol` if it is none. */
export function decodeHello(bytes: Uint8Array): Hello {
  try {
    const { type: _, ...hello } = v.parse(helloSchema, JSON.parse(new TextDecoder().decode(bytes)))
    return hello
  } catch (cause) {
    throw new ShareError('protocol', 'The other side began to connect in an unknown way', { cause })
  }
}

/** Which paths the two sides take together. */
export interface AgreedPaths {
  only: PathInfo['path'] | undefined
  /** Whether one of them wants nothing but a relay, its own or the other's. */
  isRelayed: boolean
  /** Whether it is worth looking for a direct path while a relay is used. */
  mayBeDirect: boolean
}

/**
 * What both sides' wishes come to, the same at both.
 * Throws `no-path` where they contradict each other, or one wants a relay and has none.
 */
export function agreeOnPaths(own: Hello, peer: Hello): AgreedPaths {
  const wishes = [own.only, peer.only]
  const [isDirect, isRelayed] = [wishes.includes('direct'), wishes.includes('relay')]
  if (isDirect && isRelayed) {
    throw new ShareError(
      'no-path',
      'One side takes nothing but a direct connection, the other nothing but a relay',
      { hint: 'Leave out --direct-only on the one, or --relay-only on the other.' },
    )
  }
  for (const [side, { only, relay }] of [['This', own] as const, ['The other', peer] as const]) {
    if (only !== 'relay' || relay) continue
    throw new ShareError('no-path', `${side} side takes nothing but a relay, and it has none`, {
      hint: 'Start the rendezvous with p2pshare serve --relay, name a relay with --ice-server, or leave out --relay-only.',
    })
  }
  // The other side's wish for a relay is its own to keep; ours is not told what it may not see.
  const only = isDirect ? 'direct' : own.only
  return { only, isRelayed, mayBeDirect: !isDirect && !isRelayed }
}
