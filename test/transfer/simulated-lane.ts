import { Line } from './line.ts'
import { PACKET_BYTES, type SimulatedLink, type Train } from './simulated-link.ts'

interface Message {
  bytes: number
  missingBytes: number
  givenAtMs: number
}

interface Stretch {
  message: Message
  bytes: number
}

const START_PACKETS = 10
const MIN_PACKETS = 4
const RTO_MS = 400
/** More losses than this in one round trip end in a timeout. */
const BEARABLE_LOSSES = 4
/** What a lane does after that, and how long. */
const CRAWL_BYTES_PER_MS = 300
const CRAWL_MS = 8000

/**
 * One SCTP association as libwebrtc M106 runs it: Reno with byte counting (RFC 4960 section 7.2),
 * which falls to a crawl when it loses more than a few packets within one round trip.
 */
export class SimulatedLane {
  /** Bytes given to it so far. */
  givenBytes = 0
  /** Bytes of it that have arrived in whole messages. */
  arrivedBytes = 0
  collapses = 0
  readonly #link: SimulatedLink
  readonly #onArrival: (bytes: number, atMs: number) => void
  readonly #messages = new Set<Message>()
  readonly #waiting = new Line<Stretch>()
  readonly #lost = new Line<Stretch>()
  readonly #probes = new Line<Train>()
  #window = START_PACKETS * PACKET_BYTES
  #threshold = Number.POSITIVE_INFINITY
  #outstanding = 0
  #sentTrains = 0
  #returnedTrains = 0
  #recoveredAtTrain = 0
  #losses = 0
  #silentUntilMs = 0
  #crawlUntilMs = 0
  #nowMs = 0
  #isFull = false
  #isAbandoned = false

  constructor(link: SimulatedLink, onArrival: (bytes: number, atMs: number) => void) {
    this.#link = link
    this.#onArrival = onArrival
  }

  give(bytes: number, atMs: number): void {
    this.givenBytes += bytes
    const message = { bytes, missingBytes: bytes, givenAtMs: atMs }
    this.#messages.add(message)
    this.#waiting.push({ message, bytes })
  }

  /** Since when the message has been with it that is longest on its way. */
  get oldestGivenAtMs(): number | undefined {
    const [oldest] = this.#messages
    return oldest?.givenAtMs
  }

  /** Its connection is closed: nothing of it arrives any more. */
  abandon(): void {
    this.#isAbandoned = true
  }

  /** A message of a channel beside the bulk; it waits for the message that is being sent. */
  giveProbe(train: Train): void {
    this.#probes.push(train)
  }

  step(atMs: number): void {
    this.#nowMs = atMs
    if (this.#isAbandoned || atMs < this.#silentUntilMs) return
    while (this.#sendFrom(this.#lost) || this.#sendProbe() || this.#sendFrom(this.#waiting)) {}
    this.#isFull = this.#outstanding + PACKET_BYTES >= this.#window
  }

  #sendProbe(): boolean {
    const next = this.#waiting.first
    const isBetweenMessages = next === undefined || next.bytes === next.message.bytes
    if (!isBetweenMessages || this.#outstanding >= this.#window) return false
    const probe = this.#probes.shift()
    if (probe !== undefined) this.#link.send(probe)
    return probe !== undefined
  }

  #sendFrom(stretches: Line<Stretch>): boolean {
    const stretch = stretches.first
    const room = this.#window - this.#outstanding
    if (stretch === undefined || room <= 0) return false
    const bytes = Math.min(stretch.bytes, Math.ceil(room / PACKET_BYTES) * PACKET_BYTES)
    stretch.bytes -= bytes
    if (stretch.bytes === 0) stretches.shift()
    this.#send(stretch.message, bytes)
    return true
  }

  #send(message: Message, bytes: number): void {
    this.#outstanding += bytes
    this.#sentTrains += 1
    const train: Train = {
      bytes,
      lostBytes: 0,
      lostPackets: 0,
      arrive: (atMs) => this.#arrived(message, train, atMs),
      return: () => this.#returned(message, train),
    }
    this.#link.send(train)
  }

  #arrived(message: Message, train: Train, atMs: number): void {
    const bytes = train.bytes - train.lostBytes
    message.missingBytes -= bytes
    if (bytes === 0 || message.missingBytes > 0 || this.#isAbandoned) return
    this.#messages.delete(message)
    this.arrivedBytes += message.bytes
    this.#onArrival(message.bytes, atMs)
  }

  #returned(message: Message, train: Train): void {
    this.#outstanding -= train.bytes
    this.#returnedTrains += 1
    if (train.lostPackets > 0) {
      this.#lost.push({ message, bytes: train.lostBytes })
      this.#answerLoss(train.lostPackets)
    } else if (this.#isFull) this.#grow(train.bytes)
  }

  #grow(bytes: number): void {
    if (this.#returnedTrains < this.#recoveredAtTrain) return
    const isSlowStart = this.#window < this.#threshold
    this.#window += isSlowStart ? bytes / 2 : (PACKET_BYTES * bytes) / this.#window
    if (this.#nowMs >= this.#crawlUntilMs) return
    const crawl = CRAWL_BYTES_PER_MS * this.#link.rttMs(this.#nowMs)
    this.#window = Math.min(this.#window, Math.max(PACKET_BYTES, crawl))
  }

  #answerLoss(packets: number): void {
    if (this.#returnedTrains >= this.#recoveredAtTrain) {
      this.#threshold = Math.max(MIN_PACKETS * PACKET_BYTES, this.#window / 2)
      this.#window = this.#threshold
      this.#recoveredAtTrain = this.#sentTrains
      this.#losses = 0
    }
    this.#losses += packets
    if (this.#losses > BEARABLE_LOSSES) this.#collapse()
  }

  #collapse(): void {
    this.collapses += 1
    this.#losses = 0
    this.#recoveredAtTrain = this.#sentTrains
    this.#window = PACKET_BYTES
    this.#silentUntilMs = this.#nowMs + Math.max(RTO_MS, 2 * this.#link.rttMs(this.#nowMs))
    this.#crawlUntilMs = this.#nowMs + CRAWL_MS
  }
}
