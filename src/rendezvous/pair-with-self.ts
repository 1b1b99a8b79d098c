import { randomBytes } from 'node:crypto'
import { deferred } from '../deferred.ts'
import { ShareError } from '../errors.ts'
import { MAX_NAMEPLATE_LENGTH } from '../limits.ts'
import { RendezvousClient } from './client.ts'
import type { IceServer } from './ice-server.ts'

/**
 * Takes both sides of a mailbox at `url`, under a nameplate that nobody guesses, and gives them up
 * again. Returns the ICE servers that the rendezvous hands out once both are there.
 * Throws `no-rendezvous` where it does not bring the two together, and why `signal` was aborted.
 */
export async function pairWithSelf(url: string, signal: AbortSignal): Promise<IceServer[]> {
  const nameplate = randomBytes(MAX_NAMEPLATE_LENGTH / 2).toString('hex')
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const paired = deferred<IceServer[]>()
  const onAbort = () => paired.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  const sides = (['sender', 'receiver'] as const).map(async (role) => {
    const client = await RendezvousClient.connect(
      url,
      {
        onPaired: ({ iceServers }) => paired.resolve(iceServers),
        onMessage: () => {},
        onPeerLeft: () => {},
        onCrowded: () => {},
        onLost: paired.reject,
      },
      { signal: either },
    )
    try {
      await client.open({ role, nameplate }, either)
      await paired.promise
    } finally {
      await client.close()
    }
  })
  try {
    await Promise.all(sides)
    return await paired.promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    stop.abort(new ShareError('cancelled', 'The other side of the mailbox could not be taken'))
    await Promise.allSettled(sides)
  }
}
