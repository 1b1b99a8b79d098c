import { ShareError, throwIfAborted } from '../errors.ts'
import { type Announcement, announce } from '../lan/announce.ts'
import { localAddresses } from '../lan/local-addresses.ts'
import { EMBEDDED_NAMEPLATE_DIGITS } from '../limits.ts'
import { formatRendezvousAddress, parseRendezvousAddress } from '../rendezvous/address.ts'
import {
  type RendezvousServer,
  startRendezvousServer,
} from '../rendezvous/server/start-rendezvous-server.ts'
import { LOCAL_PORTS } from './local-ports.ts'

/** A rendezvous server inside the side that makes the code, for its machine and its network. */
export interface LocalRendezvous {
  /** Where this process itself reaches it. */
  url: string
  /**
   * Where others on the network reach it, as it stands after the `@` of a code. A machine that has
   * only public addresses has none: there a rendezvous must use TLS.
   */
  address: string | undefined
  /** Tells the local network that these nameplates are here and no others, where multicast works. */
  announce(...nameplates: readonly string[]): void
  /** Ends it all. Never throws. */
  close(): Promise<void>
}

/** Starts one on the first local port that is free, or on any. */
export async function startLocalRendezvous(signal: AbortSignal): Promise<LocalRendezvous> {
  const server = await startOnFreePort(signal)
  const announced = new Map<string, Announcement>()
  return {
    url: `http://127.0.0.1:${server.port}`,
    address: addressInNetwork(server.port),
    announce: (...nameplates) => {
      for (const [nameplate, announcement] of announced) {
        if (nameplates.includes(nameplate)) continue
        announced.delete(nameplate)
        void announcement.close()
      }
      for (const nameplate of nameplates) {
        if (announced.has(nameplate)) continue
        // Without multicast the code with the address in it still works.
        announced.set(nameplate, announce({ nameplate, port: server.port, onError: () => {} }))
      }
    },
    close: async () => {
      const announcements = [...announced.values()].map((announcement) => announcement.close())
      await Promise.allSettled([...announcements, server.close()])
    },
  }
}

function addressInNetwork(port: number): string | undefined {
  const hosts = localAddresses()
  if (hosts.length === 0) return formatRendezvousAddress('127.0.0.1', port)
  return hosts
    .map((host) => formatRendezvousAddress(host, port))
    .find((address) => parseRendezvousAddress(address) === `http://${address}`)
}

async function startOnFreePort(signal: AbortSignal): Promise<RendezvousServer> {
  for (const port of [...LOCAL_PORTS, 0]) {
    throwIfAborted(signal)
    try {
      return await startRendezvousServer({ port, minDigits: EMBEDDED_NAMEPLATE_DIGITS })
    } catch (thrown) {
      if (!isPortTaken(thrown)) throw thrown
    }
  }
  throw new ShareError('no-rendezvous', 'This machine has no port left to listen on')
}

function isPortTaken(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE'
}
