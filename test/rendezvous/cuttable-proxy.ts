import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterwards } from './fixture.ts'

/** A TCP proxy to `port` whose connections a test can cut or let go silent. */
export async function startProxy(port: number) {
  const pairs = new Set<[Socket, Socket]>()
  let isDown = false
  const server = createServer((near) => {
    if (isDown) {
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    for (const [from, to] of [pair, pair.toReversed()]) {
      from?.on('error', () => {})
      from?.on('close', () => {
        pairs.delete(pair)
        to?.destroy()
      })
      if (to !== undefined) from?.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP server')
  const cut = (): void => {
    for (const [near, far] of pairs) {
      near.destroy()
      far.destroy()
    }
  }
  afterwards(() => {
    cut()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    /** Ends the clients' side only; the server sees no end. */
    freeze: (): void => {
      for (const [near, far] of pairs) {
        near.unpipe(far)
        far.unpipe(near)
        near.removeAllListeners('close')
        near.destroy()
      }
    },
    /** Lets what connections there are hang: nothing passes, and nobody is told. */
    stall: (): void => {
      for (const [near, far] of pairs) {
        near.unpipe(far)
        far.unpipe(near)
        for (const side of [near, far]) side.resume()
      }
    },
    setDown: (down: boolean): void => {
      isDown = down
    },
  }
}
