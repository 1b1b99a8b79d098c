import {
  type Claim,
  connectRendezvous,
  type RendezvousClient,
  type RendezvousWatcher,
} from '../rendezvous/client.ts'
import type { ProxySettings } from '../rendezvous/proxy.ts'

export interface MailboxInit {
  /** The rendezvous server, as `parseRendezvousAddress` gives it. */
  url: string
  claim: Claim
  /** How long one attempt to reach the rendezvous may take. */
  connectTimeoutMs?: number | undefined
  /** On the way to a server that is not in this network. */
  proxy: ProxySettings | undefined
  signal: AbortSignal
}

/** A side of a mailbox at a rendezvous. What happens there waits until somebody watches. */
export interface Mailbox {
  client: RendezvousClient
  nameplate: string
  watch(watcher: RendezvousWatcher): void
}

/** Takes it up. Throws `no-rendezvous`, and what else `RendezvousClient.open` throws. */
export async function openMailbox(init: MailboxInit): Promise<Mailbox> {
  const { url, claim, connectTimeoutMs, proxy, signal } = init
  const early: ((watcher: RendezvousWatcher) => void)[] = []
  let watcher: RendezvousWatcher | undefined
  const tell = (event: (watcher: RendezvousWatcher) => void) => {
    if (watcher) event(watcher)
    else early.push(event)
  }
  const client = await connectRendezvous(
    url,
    {
      onPaired: (paired) => tell((to) => to.onPaired(paired)),
      onMessage: (message) => tell((to) => to.onMessage(message)),
      onPeerLeft: () => tell((to) => to.onPeerLeft()),
      onCrowded: () => tell((to) => to.onCrowded()),
      onLost: (error) => tell((to) => to.onLost(error)),
    },
    { signal, proxy, ...(connectTimeoutMs !== undefined && { timeoutMs: connectTimeoutMs }) },
  )
  try {
    const nameplate = await client.open(claim, signal)
    const watch = (by: RendezvousWatcher) => {
      watcher = by
      for (const event of early.splice(0)) event(by)
    }
    return { client, nameplate, watch }
  } catch (thrown) {
    await client.close()
    throw thrown
  }
}
