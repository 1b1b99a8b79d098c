import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { afterwards, connectClient, startServer } from './fixture.ts'
import { RawWebSocket } from './raw-web-socket.ts'

describe('a server cuts off', () => {
  it('slow headers, half an upgrade, silence, and a WebSocket that never joins', async () => {
    const { port, url } = await startServer()
    const raw = await RawWebSocket.open(port)
    await raw.until(() => raw.received.length === 1)
    const trickling = say(port, 'GET /healthz HTTP/1.1\r\nX: ')
    const trickle = setInterval(() => trickling.write('x'), 200)
    afterwards(() => clearInterval(trickle))
    const others = [
      say(port, 'G'),
      say(port, 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n'),
      connect(port, '127.0.0.1').resume(),
    ]
    await Promise.all([trickling, ...others].map((socket) => once(socket, 'close')))
    await raw.closed
    const { client } = await connectClient(url)
    expect(await client.open({ role: 'sender' })).toMatch(/^[1-9]$/)
  })
})

function say(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1')
  // A write may meet the end of the connection.
  socket.on('error', () => {})
  socket.resume()
  socket.write(text)
  return socket
}
