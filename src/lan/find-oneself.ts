import { randomBytes } from 'node:crypto'
import { deferred } from '../deferred.ts'
import { announce } from './announce.ts'
import { discover } from './discover.ts'
import type { MulticastOptions } from './dns-sd.ts'

const NAMEPLATE_BYTES = 16
/** Of no service (RFC 863): whoever else hears of it has no use for it. */
const PORT = 9

/**
 * Whether an announcement of this machine, under a nameplate that nobody else has, reaches itself
 * by multicast; false once `signal` is aborted. Never throws.
 */
export async function findOneself(
  signal: AbortSignal,
  options: MulticastOptions = {},
): Promise<boolean> {
  const nameplate = randomBytes(NAMEPLATE_BYTES).toString('hex')
  const stop = new AbortController()
  const found = deferred<boolean>()
  const fail = () => found.resolve(false)
  signal.addEventListener('abort', fail)
  if (signal.aborted) fail()
  const announcement = announce({ ...options, nameplate, port: PORT, onError: fail })
  discover({
    ...options,
    nameplate,
    signal: stop.signal,
    onFound: () => found.resolve(true),
    onError: fail,
  })
  try {
    return await found.promise
  } finally {
    signal.removeEventListener('abort', fail)
    stop.abort()
    await announcement.close()
  }
}
