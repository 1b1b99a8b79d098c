import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PathInfo } from '../../src/events.ts'
import { PATH_CHECK_INTERVAL_MS } from '../../src/limits.ts'
import { PathWatch } from '../../src/session/path-watch.ts'

const direct: PathInfo = { path: 'direct', transport: 'udp', rttMs: 3 }
const tcp: PathInfo = { path: 'direct', transport: 'tcp', rttMs: 2 }
const relay: PathInfo = { path: 'relay', transport: 'udp', rttMs: 9 }
const MANY = 1_000_000

/** A connection whose candidate pairs carry what it is told. */
class FakeConnection {
  readonly #pairs = new Map<PathInfo, number>()

  carry(path: PathInfo, bytes = MANY): void {
    this.#pairs.set(path, (this.#pairs.get(path) ?? 0) + bytes)
  }

  async traffic() {
    return [...this.#pairs].map(([path, bytes]) => ({ pair: JSON.stringify(path), bytes, path }))
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function watched(told: PathInfo) {
  const connections = [new FakeConnection(), new FakeConnection()] as const
  const changes: [PathInfo, unknown][] = []
  const watch = new PathWatch({
    paths: () => connections,
    told,
    onChange: (path, before) => changes.push([path, before]),
  })
  const second = () => vi.advanceTimersByTimeAsync(PATH_CHECK_INTERVAL_MS)
  return { connections, changes, watch, second }
}

const wayOf = ({ path, transport }: PathInfo) => ({ path, transport })

describe('which way the data goes', () => {
  it('is told when it changes and stays, of one connection or another', async () => {
    const { connections, changes, second } = watched(relay)
    for (const path of [relay, direct, direct, direct, tcp, tcp]) {
      connections[path === direct ? 0 : 1].carry(path)
      await second()
    }
    expect(changes).toEqual([
      [direct, wayOf(relay)],
      [tcp, wayOf(direct)],
    ])
  })

  it('is what most of it does', async () => {
    const { connections, changes, second } = watched(relay)
    for (let count = 0; count < 5; count += 1) {
      connections[0].carry(relay)
      connections[1].carry(direct)
      await second()
    }
    expect(changes).toEqual([])
  })

  it('does not change for a moment, nor for a few bytes', async () => {
    const { connections, changes, second } = watched(relay)
    for (const path of [relay, direct, relay, direct, relay]) {
      connections[0].carry(path)
      await second()
    }
    for (let count = 0; count < 5; count += 1) {
      connections[0].carry(direct, 1000)
      await second()
    }
    expect(changes).toEqual([])
  })

  it('is summed up over all connections, with what came last', async () => {
    const { connections, watch, second } = watched(relay)
    connections[0].carry(relay)
    await second()
    connections[0].carry(relay)
    connections[1].carry(direct)
    await watch.look()
    expect(watch.carried).toEqual({ direct: MANY, relay: 2 * MANY })
    watch.close()
    connections[0].carry(relay)
    await second()
    expect(watch.carried).toEqual({ direct: MANY, relay: 2 * MANY })
  })

  it('survives statistics that fail', async () => {
    const { connections, watch } = watched(relay)
    vi.spyOn(connections[0], 'traffic').mockRejectedValueOnce(new Error('closed'))
    connections[1].carry(direct)
    await watch.look()
    await watch.look()
    expect(watch.carried).toEqual({ direct: MANY, relay: 0 })
    watch.close()
  })
})
