import type { DiagnosticWatcher } from '../diagnostics.ts'
import { parseRendezvousAddress, shortRendezvousAddress } from '../rendezvous/address.ts'

/** A rendezvous server, as the side sees it that makes the code. */
export interface ChosenServer {
  /** Where it itself reaches the server. */
  url: string
  /** As it stands after the `@` of a code. */
  address: string | undefined
  /** Tells the local network which nameplates are here, where the server is ours. */
  announce(...nameplates: readonly string[]): void
  close(): Promise<void> | void
}

/** The server that was named, or one in this process. */
export async function chooseServer(
  {
    rendezvous,
    onDiagnostic,
  }: { rendezvous?: string | undefined; onDiagnostic?: DiagnosticWatcher | undefined },
  signal: AbortSignal,
): Promise<ChosenServer> {
  if (rendezvous === undefined) {
    const { startLocalRendezvous } = await import('./local-rendezvous.ts')
    const server = await startLocalRendezvous(signal)
    onDiagnostic?.({ diagnostic: 'server', url: server.url, state: 'running' })
    return server
  }
  const url = parseRendezvousAddress(rendezvous)
  return { url, address: shortRendezvousAddress(url), announce: () => {}, close: () => {} }
}
