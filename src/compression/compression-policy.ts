import { MAX_PLAIN_PROBE_INTERVAL_MS, PLAIN_PROBE_INTERVAL_MS } from '../limits.ts'
import { CompressionCost } from './compression-cost.ts'
import { ExpectedRatios } from './expected-ratios.ts'

/** Less than a tenth gained is lost again where the other side decompresses. */
export const WORTHWHILE_SHARE = 0.9
/** So many incompressible blocks in a row, and the next are not even sampled. */
const RUN_BLOCKS = 4
/** Then one block in four is sampled: compressible data is noticed within 4 MiB. */
const SKIPPED_SAMPLES = 3
/**
 * One sampled block in so many is compressed against all advice, and fewer where that takes longer
 * than sending a block: at most 3 % of the time. Samples see no repetition, and what is never done
 * teaches nothing.
 */
const TRIAL_BLOCKS = 32
/** A line that became slower is believed by this much with each reading. */
const NEWEST_SHARE = 0.3
/** With so much of its processors in use the process waits for them, not for the line. */
const STARVED_SHARE = 0.9
const SECOND_MS = 1000

export interface CompressionPolicyInit {
  /** How many blocks may be compressed at a time. */
  parallelBlocks: number
  /** A clock in milliseconds. */
  now: () => number
}

/** What was seen of sending over a while, some 200 ms or more. */
export interface LineReading {
  durationMs: number
  /** Bytes that left for the wire, compressed where they were. */
  wireBytes: number
  /** The bytes of blocks that these stand for. */
  blockBytes: number
  /** Bytes waited for the line most of the time: it did not go faster. */
  isFull: boolean
  /** Processor time of this process, all its threads. */
  processorMs: number
  /** How many processors this process could have used: its own use and what was idle. */
  availableProcessors: number
}

/** A block that was compressed. */
export interface CompressionResult {
  /** What the block sampled at. */
  sampledRatio: number
  bytes: number
  compressedBytes: number
  /** From call to result. */
  durationMs: number
}

/**
 * Decides block by block whether compression makes a transfer faster, from what it is told; it has
 * no input or output of its own. Reading, compressing and sending happen side by side, so a byte
 * takes as long as the slowest of
 *
 *   the line        ratio / rate of the line
 *   the compressor  time from call to result / blocks at a time
 *   the processor   (compressing + ratio x engine) / available processors
 *
 * and without compression the same with ratio 1 and nothing to compress. The engine takes several
 * times as much processor time for a byte on the wire as compressing takes for a byte of a block:
 * so compression pays where the line is slow, and also where the processor is.
 *
 * How fast the line is, and what the engine costs, shows only while the line is full or blocks go
 * plain. Where neither was so for a while, blocks go plain until a reading has told: a probe.
 */
export class CompressionPolicy {
  readonly #init: CompressionPolicyInit
  readonly #ratios = new ExpectedRatios()
  readonly #cost = new CompressionCost()
  #lineBytesPerSecond: number | undefined
  #engineSecondsPerByte: number | undefined
  #availableProcessors = 1
  #knownAtMs: number | undefined
  #isProbing = false
  #probeIntervalMs = PLAIN_PROBE_INTERVAL_MS
  #incompressibleRun = 0
  #skippedSamples = 0
  #plainRun = 0

  constructor(init: CompressionPolicyInit) {
    this.#init = init
  }

  /** Whether the next block goes plain without being sampled. */
  skipsSample(): boolean {
    if (this.#incompressibleRun < RUN_BLOCKS || this.#skippedSamples >= SKIPPED_SAMPLES) {
      this.#skippedSamples = 0
      return false
    }
    this.#skippedSamples += 1
    return true
  }

  /** Whether to compress a block that sampled at `sampledRatio`. */
  shouldCompress(sampledRatio: number): boolean {
    const ratio = this.#ratios.of(sampledRatio)
    const isCompressible = ratio <= WORTHWHILE_SHARE
    this.#incompressibleRun = isCompressible ? 0 : this.#incompressibleRun + 1
    const pays = isCompressible && !this.#isProbing && this.#pays(ratio)
    this.#plainRun = pays ? 0 : this.#plainRun + 1
    if (this.#plainRun < this.#trialBlocks(ratio)) return pays
    this.#plainRun = 0
    return true
  }

  /** A block came out of the codec. */
  compressed(result: CompressionResult): void {
    this.#ratios.learn(result.sampledRatio, result.compressedBytes / result.bytes)
    this.#cost.add(result.bytes, result.durationMs)
  }

  /** Sending was watched for a while. */
  lineRead(reading: LineReading): void {
    if (reading.wireBytes <= 0 || reading.durationMs <= 0) return
    const { durationMs, wireBytes, blockBytes, processorMs, availableProcessors } = reading
    const usedProcessors = processorMs / durationMs
    const isLineTheLimit = reading.isFull && usedProcessors < STARVED_SHARE * availableProcessors
    const isPlain = wireBytes >= WORTHWHILE_SHARE * blockBytes
    this.#availableProcessors = availableProcessors
    this.#learnRate((wireBytes * SECOND_MS) / durationMs, isLineTheLimit)
    if (isPlain) this.#engineSecondsPerByte = processorMs / SECOND_MS / wireBytes
    this.#probeIfUnknown(isPlain, isLineTheLimit)
  }

  /** What was seen can be done; that more cannot, only a line shows that was the limit. */
  #learnRate(bytesPerSecond: number, isLimit: boolean): void {
    const before = this.#lineBytesPerSecond ?? 0
    const isLower = isLimit && bytesPerSecond < before
    this.#lineBytesPerSecond = isLower
      ? before + NEWEST_SHARE * (bytesPerSecond - before)
      : Math.max(before, bytesPerSecond)
  }

  #probeIfUnknown(isPlain: boolean, isLineTheLimit: boolean): void {
    const nowMs = this.#init.now()
    if (this.#isProbing && isPlain) {
      this.#probeIntervalMs = Math.min(2 * this.#probeIntervalMs, MAX_PLAIN_PROBE_INTERVAL_MS)
    } else if (!this.#isProbing && isLineTheLimit) {
      this.#probeIntervalMs = PLAIN_PROBE_INTERVAL_MS
    }
    if (isPlain || isLineTheLimit || this.#knownAtMs === undefined) this.#knownAtMs = nowMs
    this.#isProbing = nowMs - this.#knownAtMs >= this.#probeIntervalMs
  }

  #pays(ratio: number): boolean {
    const plain = this.#secondsPerByte(1, 0)
    // Until a line is known, most are slower than any codec.
    return plain === 0 || this.#compressedSecondsPerByte(ratio) <= WORTHWHILE_SHARE * plain
  }

  #trialBlocks(ratio: number): number {
    const plain = this.#secondsPerByte(1, 0)
    if (plain === 0) return TRIAL_BLOCKS
    return TRIAL_BLOCKS * Math.max(1, this.#compressedSecondsPerByte(ratio) / plain)
  }

  #compressedSecondsPerByte(ratio: number): number {
    const { meanSecondsPerByte = 0, leastSecondsPerByte = 0 } = this.#cost
    const compressor = meanSecondsPerByte / this.#init.parallelBlocks
    return Math.max(compressor, this.#secondsPerByte(ratio, leastSecondsPerByte))
  }

  /** Of the line and the processor; what is not known yet does not count. */
  #secondsPerByte(ratio: number, compressing: number): number {
    const line = this.#lineBytesPerSecond === undefined ? 0 : ratio / this.#lineBytesPerSecond
    if (this.#engineSecondsPerByte === undefined) return line
    const work = compressing + ratio * this.#engineSecondsPerByte
    return Math.max(line, work / this.#availableProcessors)
  }
}
