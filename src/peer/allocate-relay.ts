import { abortReason, ShareError, throwIfAborted } from '../errors.ts'
import { printable } from '../printable.ts'
import { loadEngine } from './engine.ts'
import type { IceServer } from './ice-configuration.ts'

/** RFC 8656, section 18, and what is common of RFC 8489. */
const REFUSALS: Record<number, string> = {
  401: 'it does not accept the credentials',
  403: 'it is forbidden',
  437: 'the allocation does not fit',
  438: 'its nonce is stale',
  486: 'this user has too many allocations',
  508: 'it has no room left',
}
const FIRST_STUN_ERROR = 300
const LAST_STUN_ERROR = 699

/**
 * Has the engine allocate an address at one of `relays` (TURN servers), as a transfer would, and
 * gives it back at once. Returns the address, as `host:port` in the notation of a candidate.
 * Throws `no-path` with the reason where none gives one, and why `signal` was aborted.
 */
export async function allocateRelay(
  relays: readonly IceServer[],
  signal: AbortSignal,
): Promise<string> {
  throwIfAborted(signal)
  const { RTCPeerConnection } = loadEngine()
  const connection = new RTCPeerConnection({
    iceServers: relays.map((server) => ({ ...server })),
    iceTransportPolicy: 'relay',
  })
  let reason = 'it does not answer'
  let onAbort = () => {}
  try {
    const allocated = new Promise<string>((resolve, reject) => {
      onAbort = () => reject(abortReason(signal))
      signal.addEventListener('abort', onAbort)
      connection.onicecandidateerror = ({ errorCode, errorText }) => {
        if (errorCode < FIRST_STUN_ERROR || errorCode > LAST_STUN_ERROR) return
        reason = REFUSALS[errorCode] ?? `${errorCode} ${printable(errorText, 80)}`
      }
      connection.onicecandidate = ({ candidate }) => {
        // The engine ends with no candidate, or with an empty one.
        if (!candidate?.candidate) reject(refused(reason))
        else if (candidate.type === 'relay') resolve(`${candidate.address}:${candidate.port}`)
      }
    })
    allocated.catch(() => {})
    connection.createDataChannel('relay')
    await connection.setLocalDescription(await connection.createOffer())
    return await allocated
  } finally {
    signal.removeEventListener('abort', onAbort)
    connection.close()
  }
}

function refused(reason: string): ShareError {
  return new ShareError('no-path', `The relay gives no address: ${reason}`)
}
