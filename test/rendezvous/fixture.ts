import { afterEach } from 'vitest'
import { RendezvousClient } from '../../src/rendezvous/client.ts'
import type { Paired } from '../../src/rendezvous/protocol.ts'
import type { RendezvousServerOptions } from '../../src/rendezvous/server/start-rendezvous-server.ts'
import { startRendezvousServer } from '../../src/rendezvous/server/start-rendezvous-server.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Has `cleanup` run after the test, last come first. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup)
}

/** A server on a free loopback port; its log ends up in `log`. */
export async function startServer(options: Partial<RendezvousServerOptions> = {}) {
  const server = await startRendezvousServer({ host: '127.0.0.1', port: 0, ...options })
  afterwards(() => server.close())
  return { ...server, url: `http://127.0.0.1:${server.port}` }
}

export interface Watched {
  client: RendezvousClient
  /** What the watcher was told, in order. */
  told: string[]
  pairs: Paired[]
  /** Resolves once `text` has been told `times` times. */
  until(text: string, times?: number): Promise<void>
}

/** A client whose watcher writes down what it is told. */
export async function connectClient(url: string): Promise<Watched> {
  const told: string[] = []
  const pairs: Paired[] = []
  const client = await RendezvousClient.connect(url, {
    onPaired: (paired) => {
      pairs.push(paired)
      told.push('paired')
    },
    onMessage: (bytes) => told.push(`message ${Buffer.from(bytes).toString()}`),
    onPeerLeft: () => told.push('left'),
    onCrowded: () => told.push('crowded'),
    onLost: (error) => told.push(`lost ${error.code}`),
  })
  afterwards(() => client.close())
  const until = async (text: string, times = 1): Promise<void> => {
    while (told.filter((each) => each === text).length < times) await pause(5)
  }
  return { client, told, pairs, until }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
