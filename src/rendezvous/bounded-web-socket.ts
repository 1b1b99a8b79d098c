import { NodeWebSocket } from 'socket.io-client'
import {
  MAX_RENDEZVOUS_MESSAGE_BYTES,
  RENDEZVOUS_CLOSE_TIMEOUT_MS,
  RENDEZVOUS_PING_INTERVAL_MS,
} from '../limits.ts'
import { PacketBudget } from './packet-guard.ts'

/** Pings without an answer after which a connection is dead, though its system has not noticed. */
const MAX_UNANSWERED_PINGS = 2

/** A WebSocket transport that a hostile server can neither fill nor keep open, nor a dead one. */
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
    let unanswered = 0
    const pinging = setInterval(() => {
      // Before it is open its owner's own patience counts.
      if (webSocket.readyState !== webSocket.OPEN) return
      if (unanswered >= MAX_UNANSWERED_PINGS) webSocket.terminate()
      else webSocket.ping()
      unanswered += 1
    }, RENDEZVOUS_PING_INTERVAL_MS)
    webSocket.on('pong', () => {
      unanswered = 0
    })
    webSocket.on('close', () => clearInterval(pinging))
    return webSocket
  }
}
