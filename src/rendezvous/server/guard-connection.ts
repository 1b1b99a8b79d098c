import { EventEmitter } from 'node:events'
import type { Socket } from 'socket.io'
import { RENDEZVOUS_CLOSE_TIMEOUT_MS } from '../../limits.ts'
import { type EnginePacket, isFromClient, PacketBudget } from '../packet-guard.ts'
import type { Budgets } from './budgets.ts'

export type EngineConnection = Socket['conn']

export type CutReason = 'malformed' | 'flood' | 'backlog'

/**
 * Cuts a connection off at the first packet that does not belong to the protocol, at too many of
 * them, and when its other end does not read what it is sent.
 */
export function guardConnection(
  connection: EngineConnection,
  budgets: Pick<Budgets, 'packetsPerMinutePerSocket' | 'outboundBacklogBytes'>,
  onCut: (reason: CutReason) => void,
): void {
  const packets = new PacketBudget(budgets.packetsPerMinutePerSocket)
  const { socket } = connection.request
  /** Characters that Engine.IO holds back until the WebSocket has room. */
  let held = 0

  const cut = (reason: CutReason): void => {
    if (connection.readyState === 'open') onCut(reason)
    cutOff(connection)
  }
  const count = (): void => {
    if (!packets.take(performance.now())) cut('flood')
  }
  connection.on('packet', (packet: EnginePacket) => {
    if (isFromClient(packet)) count()
    else cut('malformed')
  })
  connection.on('packetCreate', ({ data }: EnginePacket) => {
    held += typeof data === 'string' ? data.length : 0
    if (held + socket.writableLength > budgets.outboundBacklogBytes) cut('backlog')
  })
  connection.on('drain', () => {
    held = 0
  })
  // The libraries close politely and would wait half a minute for the other end to agree.
  connection.once('close', () => {
    const timer = setTimeout(() => socket.destroy(), RENDEZVOUS_CLOSE_TIMEOUT_MS)
    socket.once('close', () => clearTimeout(timer))
  })
  // Not among Engine.IO's packets, but each makes `ws` queue an answer.
  webSocketOf(connection)?.on('ping', count)
}

/** Ends a connection now, without waiting for its other end to agree. */
export function cutOff(connection: EngineConnection): void {
  connection.close(true)
  connection.request.socket.destroy()
}

function webSocketOf({ request }: EngineConnection): EventEmitter | undefined {
  const webSocket: unknown = Reflect.get(request, 'websocket')
  return webSocket instanceof EventEmitter ? webSocket : undefined
}
