import { NodeWebSocket } from 'socket.io-client'
import { MAX_RENDEZVOUS_MESSAGE_BYTES, RENDEZVOUS_CLOSE_TIMEOUT_MS } from '../limits.ts'
import { PacketBudget } from './packet-guard.ts'

/** A WebSocket transport that a hostile server can neither fill nor keep open. */
export class BoundedWebSocket extends NodeWebSocket {
  override createSocket(
    url: string,
    protocols: string | string[] | undefined,
    options: Record<string, unknown>,
  ): ReturnType<NodeWebSocket['createSocket']> {
    const webSocket = super.createSocket(url, protocols, {
      ...options,
      // A server may wrap the largest message in some characters more than a client does.
      maxPayload: MAX_RENDEZVOUS_MESSAGE_BYTES + 1024,
      perMessageDeflate: false,
      closeTimeout: RENDEZVOUS_CLOSE_TIMEOUT_MS,
    })
    const pings = new PacketBudget()
    webSocket.on('ping', () => {
      if (!pings.take(performance.now())) webSocket.terminate()
    })
    return webSocket
  }
}
