import { MAX_PACKETS_PER_MINUTE } from '../limits.ts'

const MINUTE_MS = 60_000

/** An Engine.IO packet as both libraries show it to their `packet` listeners. */
export interface EnginePacket {
  type: string
  data?: unknown
}

/**
 * What each end accepts of the Socket.IO protocol (version 5): text packets of the one namespace,
 * with the events that this protocol has. Everything else, binary attachments and other namespaces
 * among it, never reaches the libraries' decoders, some of which throw where nobody can catch it.
 */
const FROM_CLIENT = /^(?:0(?:\{\})?$|1$|2\d{0,9}\["(?:open|message|next|close)",)/
const FROM_SERVER = /^(?:1$|2\["(?:paired|message|left|crowded)",|3\d{1,9}\[)/
const FROM_SERVER_AT_FIRST = /^[04]\{/

export function isFromClient(packet: EnginePacket): boolean {
  if (packet.type === 'message') return matches(FROM_CLIENT, packet.data)
  return packet.type === 'pong' || packet.type === 'close'
}

/** `connected`: whether the namespace is joined; nothing else is valid before that. */
export function isFromServer(packet: EnginePacket, connected: boolean): boolean {
  if (packet.type === 'message') {
    return matches(connected ? FROM_SERVER : FROM_SERVER_AT_FIRST, packet.data)
  }
  return packet.type === 'ping' || packet.type === 'close'
}

function matches(pattern: RegExp, data: unknown): boolean {
  return typeof data === 'string' && pattern.test(data)
}

/** Counts packets by the minute; `take` is false for those above `perMinute`. */
export class PacketBudget {
  readonly #perMinute: number
  #minuteStart = Number.NEGATIVE_INFINITY
  #taken = 0

  constructor(perMinute: number = MAX_PACKETS_PER_MINUTE) {
    this.#perMinute = perMinute
  }

  take(nowMs: number): boolean {
    if (nowMs - this.#minuteStart >= MINUTE_MS) {
      this.#minuteStart = nowMs
      this.#taken = 0
    }
    this.#taken += 1
    return this.#taken <= this.#perMinute
  }
}
