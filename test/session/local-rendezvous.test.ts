import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { announce } from '../../src/lan/announce.ts'
import { startLocalRendezvous } from '../../src/session/local-rendezvous.ts'

const announced = new Set<string>()

vi.mock('../../src/lan/announce.ts', () => ({
  announce: vi.fn(({ nameplate }: { nameplate: string }) => {
    announced.add(nameplate)
    return {
      close: async () => {
        announced.delete(nameplate)
      },
    }
  }),
}))

describe('a rendezvous inside a sender', () => {
  it('announces the nameplates that it was last told, each once', async () => {
    const server = await startLocalRendezvous(new AbortController().signal)
    onTestFinished(() => server.close())
    server.announce('4711')
    server.announce('4711', 'aa')
    server.announce('4711', 'bb')
    expect([...announced]).toEqual(['4711', 'bb'])
    expect(announce).toHaveBeenCalledTimes(3)
    await server.close()
    expect([...announced]).toEqual([])
  })
})
