import { Line } from './line.ts'

/** Packets of one lane that are sent in one go. */
export interface Train {
  /** Payload bytes. */
  bytes: number
  /** Bytes of it that were lost; they occupy no queue. */
  lostBytes: number
  lostPackets: number
  /** It is at the far end now. */
  arrive: (atMs: number) => void
  /** Its acknowledgement is back now. */
  return: (atMs: number) => void
}

export interface LinkInit {
  /** Bits on the wire, as a line is sold. */
  megabitsPerSecond: (atMs: number) => number
  /** There and back, without any queue. */
  rttMs: (atMs: number) => number
  /** At the rate of the beginning. */
  queueMs: number
  /** 0.01 loses one packet in a hundred. */
  loss: number
  random: () => number
}

interface Timed {
  atMs: number
  happen: (atMs: number) => void
}

/** Payload of one packet: dcSCTP's MTU in libwebrtc. */
export const PACKET_BYTES = 1191
/** IP, UDP, DTLS and SCTP take the rest of the line. */
export const PAYLOAD_SHARE = 0.92
/** No router has less. */
const MIN_QUEUE_BYTES = 64 * 1024
const BYTES_PER_MEGABIT = 125_000

/**
 * A bottleneck and what lies behind it: a queue that drops what does not fit (by bytes, at its
 * tail), random loss, and a delay. It works in trains of packets and in steps of a fraction of the
 * round trip, so that ten seconds of transfer take some milliseconds.
 */
export class SimulatedLink {
  queuedBytes = 0
  droppedPackets = 0
  readonly #init: LinkInit
  readonly #queue = new Line<Train>()
  readonly #there = new Line<Timed>()
  readonly #back = new Line<Timed>()
  #budgetBytes = 0
  #packetsToLoss: number
  #lastThereMs = 0
  #lastBackMs = 0
  readonly #queueBytes: number

  constructor(init: LinkInit) {
    this.#init = init
    this.#queueBytes = Math.max(MIN_QUEUE_BYTES, (this.attainable(0) * init.queueMs) / 1000)
    this.#packetsToLoss = this.#drawLoss()
  }

  /** Payload bytes a second that the line can carry at `atMs`. */
  attainable(atMs: number): number {
    return this.#init.megabitsPerSecond(atMs) * BYTES_PER_MEGABIT * PAYLOAD_SHARE
  }

  queueMs(atMs: number): number {
    return (this.queuedBytes / this.attainable(atMs)) * 1000
  }

  rttMs(atMs: number): number {
    return this.#init.rttMs(atMs)
  }

  send(train: Train): void {
    this.#lose(train)
    const room = Math.max(0, this.#queueBytes - this.queuedBytes)
    const excess = train.bytes - train.lostBytes - room
    if (excess > 0) {
      const packets = Math.ceil(excess / PACKET_BYTES)
      train.lostBytes = Math.min(train.bytes, train.lostBytes + packets * PACKET_BYTES)
      train.lostPackets += packets
      this.droppedPackets += packets
    }
    this.queuedBytes += train.bytes - train.lostBytes
    this.#queue.push(train)
  }

  /** Sends something small from the far end, where it is `atMs`. */
  reply(atMs: number, happen: (atMs: number) => void): void {
    this.#lastBackMs = Math.max(this.#lastBackMs, atMs + this.#init.rttMs(atMs) / 2)
    this.#back.push({ atMs: this.#lastBackMs, happen })
  }

  /** Moves everything on to `atMs`, `stepMs` after the last time. */
  step(atMs: number, stepMs: number): void {
    this.#drain(atMs, (this.attainable(atMs) * stepMs) / 1000)
    happenUntil(this.#there, atMs)
    happenUntil(this.#back, atMs)
  }

  #drain(atMs: number, bytes: number): void {
    this.#budgetBytes += bytes
    for (let train = this.#queue.first; train !== undefined; train = this.#queue.first) {
      const size = train.bytes - train.lostBytes
      if (size > this.#budgetBytes) return
      this.#budgetBytes -= size
      this.queuedBytes -= size
      this.#queue.shift()
      this.#carry(train, atMs)
    }
    this.#budgetBytes = 0
  }

  #carry(train: Train, atMs: number): void {
    this.#lastThereMs = Math.max(this.#lastThereMs, atMs + this.#init.rttMs(atMs) / 2)
    const happen = (thenMs: number) => {
      train.arrive(thenMs)
      this.reply(thenMs, train.return)
    }
    this.#there.push({ atMs: this.#lastThereMs, happen })
  }

  #lose(train: Train): void {
    let packets = Math.ceil(train.bytes / PACKET_BYTES)
    while (packets > this.#packetsToLoss) {
      packets -= this.#packetsToLoss + 1
      this.#packetsToLoss = this.#drawLoss()
      train.lostPackets += 1
      train.lostBytes = Math.min(train.bytes, train.lostBytes + PACKET_BYTES)
    }
    this.#packetsToLoss -= packets
  }

  /** Packets that get through before the next is lost: a geometric distribution. */
  #drawLoss(): number {
    if (this.#init.loss <= 0) return Number.POSITIVE_INFINITY
    return Math.floor(Math.log(1 - this.#init.random()) / Math.log(1 - this.#init.loss))
  }
}

function happenUntil(line: Line<Timed>, atMs: number): void {
  for (let next = line.first; next !== undefined && next.atMs <= atMs; next = line.first) {
    line.shift()
    next.happen(atMs)
  }
}
