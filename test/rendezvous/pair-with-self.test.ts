import { expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { pairWithSelf } from '../../src/rendezvous/pair-with-self.ts'
import { startServer } from './fixture.ts'

const { signal } = new AbortController()

it('brings the ICE servers that a rendezvous hands to two who meet', async () => {
  const iceServers = [{ urls: ['stun:192.0.2.1:3478'] }]
  const { url } = await startServer({ iceServers: () => iceServers })
  expect(await pairWithSelf(url, signal)).toEqual(iceServers)
})

it('fails where there is no rendezvous', async () => {
  await expect(pairWithSelf('http://127.0.0.1:1', signal)).rejects.toMatchObject({
    code: 'no-rendezvous',
  })
})

it('fails where only one side is let in', async () => {
  const { url } = await startServer({ budgets: { socketsPerAddress: 1 } })
  await expect(pairWithSelf(url, signal)).rejects.toMatchObject({ code: 'no-rendezvous' })
})

it('ends when it is stopped', async () => {
  const { url } = await startServer()
  const stop = new AbortController()
  const pairing = pairWithSelf(url, stop.signal)
  stop.abort(new ShareError('stopped-sigint', 'Stopped'))
  await expect(pairing).rejects.toMatchObject({ code: 'stopped-sigint' })
})
