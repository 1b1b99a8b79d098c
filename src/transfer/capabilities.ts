import { ShareError } from '../errors.ts'

/** The versions of PROTOCOL.md that this program speaks, best first. */
export const TRANSFER_VERSIONS: readonly string[] = ['transfer/4']

/** The name by which a side says that it wants to compare words: then both show them. */
export const VERIFY_CAPABILITY = 'verify'

/**
 * What this side can do, as the bytes that the PAKE authenticates: names separated by blanks,
 * those of the versions, and the `further` ones of encodings that it can decode and of
 * what it wants. A name that the other side does not know means nothing to it, so new ones can be added freely.
 */
export function ownCapabilities(further: readonly string[]): Uint8Array {
  return new TextEncoder().encode([...TRANSFER_VERSIONS, ...further].join(' '))
}

/** Named by a side that connects to measure the way, and transfers nothing. */
const DOCTOR = 'doctor/1'

/** What a doctor can do: it connects as a transfer does. */
export function doctorCapabilities(): Uint8Array {
  return ownCapabilities([DOCTOR])
}

/**
 * Throws `incompatible` where one of the two sides is a doctor's and the other a transfer's; both
 * know the code, and nothing is wrong with it.
 */
export function assertSamePurpose(own: Uint8Array, peer: Uint8Array): void {
  const [isDoctor, isPeerDoctor] = [own, peer].map((capabilities) =>
    new TextDecoder().decode(capabilities).split(' ').includes(DOCTOR),
  )
  if (isDoctor === isPeerDoctor) return
  throw isDoctor
    ? new ShareError(
        'incompatible',
        'One side runs p2pshare doctor, the other wants to transfer files',
        {
          hint: 'The code is still good for p2pshare receive. For the doctor, run p2pshare doctor --with on the other machine.',
        },
      )
    : new ShareError(
        'incompatible',
        'One side wants to transfer files, the other runs p2pshare doctor',
        {
          hint: 'To check the way, run p2pshare doctor --with CODE; to receive files, use the code of p2pshare send.',
        },
      )
}

/**
 * What the other side can do.
 * Throws `incompatible` where there is no version that both speak.
 */
export function namedCapabilities(peerCapabilities: Uint8Array): ReadonlySet<string> {
  const names = new Set(new TextDecoder().decode(peerCapabilities).split(' '))
  if (!TRANSFER_VERSIONS.some((version) => names.has(version))) {
    throw new ShareError('incompatible', 'The two sides run versions of p2pshare that do not mix')
  }
  return names
}
