import { throwIfAborted } from '../errors.ts'
import { type Claim, RendezvousClient, type RendezvousWatcher } from '../rendezvous/client.ts'
import type { Role } from '../secure/role.ts'
import type { Connectivity } from './connectivity.ts'

export interface MailboxInit {
  /** The rendezvous server, as `parseRendezvousAddress` gives it. */
  url: string
  role: Role
  /** One to ask for; the server gives one out where there is none. */
  nameplate?: string | undefined
  /** Of an earlier mailbox at the same place, to have its side back at once. */
  token?: string | undefined
  /** Whether receivers are taken one after the other: further ones wait for their turn. */
  many?: boolean
  /** How long one attempt to reach the rendezvous may take. */
  connectTimeoutMs?: number | undefined
  connectivity: Connectivity
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
  const { url, connectTimeoutMs, signal } = init
  const { proxy } = init.connectivity
  const early: ((watcher: RendezvousWatcher) => void)[] = []
  let watcher: RendezvousWatcher | undefined
  const tell = (event: (watcher: RendezvousWatcher) => void) => {
    if (watcher) event(watcher)
    else early.push(event)
  }
  const client = await RendezvousClient.connect(
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
    const nameplate = await client.open(claimOf(init), signal)
    throwIfAborted(signal)
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

function claimOf({ role, nameplate, token, many }: MailboxInit): Claim {
  return {
    role,
    ...(nameplate !== undefined && { nameplate }),
    ...(token !== undefined && { token }),
    ...(many !== undefined && { many }),
  }
}
