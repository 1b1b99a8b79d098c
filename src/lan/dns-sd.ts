import type { Socket } from 'node:dgram'
import { Bonjour } from 'bonjour-service'
import { MulticastSocket } from './multicast-socket.ts'

/** `_p2pshare._tcp` (RFC 6763, section 7), as bonjour-service wants it. */
export const SERVICE_TYPE = 'p2pshare'

/** RFC 6762, section 2. */
const MDNS_PORT = 5353

export interface MulticastOptions {
  /** The address of the one interface to use; all of them when absent. */
  interfaceAddress?: string
  /** An unbound UDP socket to use instead of one of our own. */
  socket?: Socket
}

/**
 * Opens DNS-SD over multicast. Whatever goes wrong later is told to `onError`, once.
 * @throws Error where the machine does not even have the means.
 */
export function openDnsSd(
  { interfaceAddress, socket }: MulticastOptions,
  onError: (error: unknown) => void,
): Bonjour {
  const options = {
    port: MDNS_PORT,
    socket: new MulticastSocket(onError, socket),
    ...(interfaceAddress === undefined ? {} : { interface: interfaceAddress }),
  }
  return new Bonjour(options, onError)
}
