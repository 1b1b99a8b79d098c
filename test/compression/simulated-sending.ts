import { CompressionPolicy } from '../../src/compression/compression-policy.ts'
import { MIB } from '../../src/limits.ts'

const READING_MS = 250
const SECOND_MS = 1000

/** A path and a machine, and what blocks cost on them. */
export interface Surroundings {
  lineBytesPerSecond: number
  /** The disk, or whatever else feeds the sender. */
  sourceBytesPerSecond: number
  /** Processor time to compress a byte. */
  codecSecondsPerByte: number
  /** Processor time of everything else for a byte on the wire. */
  engineSecondsPerByte: number
  processors: number
  parallelBlocks: number
}

/** A fast network and a machine to match; tests change what they are about. */
export const FAST: Surroundings = {
  lineBytesPerSecond: 10e9,
  sourceBytesPerSecond: 10e9,
  codecSecondsPerByte: 2e-9,
  engineSecondsPerByte: 1e-10,
  processors: 8,
  parallelBlocks: 4,
}

/** What compression makes of a block: what it samples at, and what comes out. */
export interface Content {
  sampled: number
  actual: number
}

export interface Sent {
  seconds: number
  /** For each block, whether it was compressed. */
  compressed: boolean[]
  sampledBlocks: number
}

type Chooser = (sampled: number) => boolean

/** Sends blocks on a clock of its own, as a policy says. */
export class SimulatedSending {
  surroundings: Surroundings
  readonly policy: CompressionPolicy
  #nowMs = 0
  #reading = { sinceMs: 0, wireBytes: 0, blockBytes: 0, lineMs: 0, processorMs: 0 }

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
    this.policy = new CompressionPolicy({
      parallelBlocks: surroundings.parallelBlocks,
      now: () => this.#nowMs,
    })
  }

  send(contents: Iterable<Content>): Sent {
    const startMs = this.#nowMs
    const sent: Sent = { seconds: 0, compressed: [], sampledBlocks: 0 }
    for (const content of contents) {
      const isSampled = !this.policy.skipsSample()
      if (isSampled) sent.sampledBlocks += 1
      const isCompressed = isSampled && this.policy.shouldCompress(content.sampled)
      sent.compressed.push(isCompressed)
      this.#sendBlock(content, isCompressed)
    }
    sent.seconds = (this.#nowMs - startMs) / SECOND_MS
    return sent
  }

  #sendBlock(content: Content, isCompressed: boolean): void {
    const costs = blockCosts(this.surroundings, content, isCompressed)
    this.#nowMs += costs.totalMs
    this.#reading.wireBytes += costs.wireBytes
    this.#reading.blockBytes += MIB
    this.#reading.lineMs += costs.lineMs
    this.#reading.processorMs += costs.processorMs
    if (isCompressed) {
      this.policy.compressed({
        sampledRatio: content.sampled,
        bytes: MIB,
        compressedBytes: content.actual * MIB,
        durationMs: this.surroundings.codecSecondsPerByte * MIB * SECOND_MS,
      })
    }
    this.#read()
  }

  #read(): void {
    const { sinceMs, lineMs, ...counts } = this.#reading
    const durationMs = this.#nowMs - sinceMs
    if (durationMs < READING_MS) return
    this.policy.lineRead({
      ...counts,
      durationMs,
      isFull: lineMs > 0.9 * durationMs,
      availableProcessors: this.surroundings.processors,
    })
    this.#reading = {
      sinceMs: this.#nowMs,
      wireBytes: 0,
      blockBytes: 0,
      lineMs: 0,
      processorMs: 0,
    }
  }
}

/** How long `contents` take when `choose` decides, without a policy. */
export function secondsWith(
  surroundings: Surroundings,
  contents: readonly Content[],
  choose: Chooser,
): number {
  const costs = contents.map((content) =>
    blockCosts(surroundings, content, choose(content.sampled)),
  )
  return costs.reduce((sum, { totalMs }) => sum + totalMs, 0) / SECOND_MS
}

/** Everything goes on side by side, so that the slowest part decides. */
function blockCosts(surroundings: Surroundings, content: Content, isCompressed: boolean) {
  const wireBytes = isCompressed ? content.actual * MIB : MIB
  const codecMs = isCompressed ? surroundings.codecSecondsPerByte * MIB * SECOND_MS : 0
  const processorMs = codecMs + surroundings.engineSecondsPerByte * wireBytes * SECOND_MS
  const lineMs = (wireBytes / surroundings.lineBytesPerSecond) * SECOND_MS
  const totalMs = Math.max(
    lineMs,
    (MIB / surroundings.sourceBytesPerSecond) * SECOND_MS,
    codecMs / surroundings.parallelBlocks,
    processorMs / surroundings.processors,
  )
  return { wireBytes, lineMs, processorMs, totalMs }
}
