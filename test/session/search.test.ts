import { describe, expect, it, onTestFinished } from 'vitest'
import { Search } from '../../src/session/search.ts'
import { CAPABILITIES, meet, NAMEPLATE, SECRET, startServer } from './scene.ts'

function search(init: { url?: string; known?: string; onPaired?: () => boolean }): Search {
  const started = new Search({
    role: 'receiver',
    ...init,
    nameplate: NAMEPLATE,
    secret: SECRET,
    capabilities: CAPABILITIES,
    connectivity: {},
    onEvent: () => {},
    signal: new AbortController().signal,
  })
  onTestFinished(() => started.close())
  return started
}

describe('a search', () => {
  it('asks a server that is known, until it is there', async () => {
    const server = await startServer()
    await server.stop()
    const searching = search({ known: server.url })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(searching.metAt).toBe(undefined)
    await server.start()
    const sessions = await Promise.all([meet('sender', server), searching.session])
    for (const session of sessions) session.close()
    expect([searching.metAt, searching.isSpent]).toEqual([server.url, false])
  })

  it('asks one of this machine where it listens, not only where it would be looked for', async () => {
    const server = await startServer('::1')
    const searching = search({ known: server.url })
    const sessions = await Promise.all([meet('sender', server), searching.session])
    for (const session of sessions) session.close()
    expect(searching.metAt).toBe(server.url)
  })

  it('leaves whoever is there where it is told to', async () => {
    const server = await startServer()
    const searching = search({ url: server.url, onPaired: () => false })
    void meet('sender', server).catch(() => {})
    await expect(searching.session).rejects.toMatchObject({ code: 'cancelled' })
    expect([searching.metAt, searching.isSpent]).toEqual([undefined, false])
  })

  it('knows that its secret may have been guessed at', async () => {
    const server = await startServer()
    const searching = search({ known: server.url })
    await expect(meet('sender', { ...server, secret: 'velvet-orchard' })).rejects.toMatchObject({
      code: 'wrong-code',
    })
    await expect(searching.session).rejects.toMatchObject({ code: 'wrong-code' })
    expect(searching.isSpent).toBe(true)
  })

  it('ends when it is closed', async () => {
    const searching = search({})
    await searching.close()
    await expect(searching.session).rejects.toMatchObject({ code: 'cancelled' })
  })
})
