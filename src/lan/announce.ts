import { randomBytes } from 'node:crypto'
import type { Bonjour } from 'bonjour-service'
import { LAN_CLOSE_TIMEOUT_MS } from '../limits.ts'
import { type MulticastOptions, openDnsSd, SERVICE_TYPE } from './dns-sd.ts'

export interface AnnounceOptions extends MulticastOptions {
  nameplate: string
  /** The TCP port of the rendezvous on this machine. */
  port: number
  /** Told once, if this machine cannot be found by multicast; nothing else comes of it. */
  onError: (error: unknown) => void
}

export interface Announcement {
  /** Says goodbye and ends, within LAN_CLOSE_TIMEOUT_MS. Never throws. */
  close(): Promise<void>
}

/**
 * Announces a rendezvous on the local network by DNS-SD (RFC 6763). The instance and the host have
 * random names, so that the machine's own does not get about and several announcements on one
 * machine do not meet. Never throws.
 */
export function announce({ nameplate, port, onError, ...options }: AnnounceOptions): Announcement {
  const name = `p2pshare-${randomBytes(6).toString('hex')}`
  let bonjour: Bonjour | undefined
  try {
    bonjour = openDnsSd(options, onError)
    bonjour.publish({
      name,
      host: `${name}.local`,
      type: SERVICE_TYPE,
      port,
      txt: { nameplate },
      // Random names need no probing, and the library reports a conflict to the console.
      probe: false,
      disableIPv6: true,
    })
  } catch (error) {
    onError(error)
  }
  let closing: Promise<void> | undefined
  return {
    close: () => {
      closing ??= bonjour === undefined ? Promise.resolve() : sayGoodbye(bonjour)
      return closing
    },
  }
}

function sayGoodbye(bonjour: Bonjour): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      bonjour.destroy(resolve)
    }
    // Where the socket could not be bound, a goodbye is never sent.
    const timer = setTimeout(end, LAN_CLOSE_TIMEOUT_MS)
    bonjour.unpublishAll(end)
  })
}
