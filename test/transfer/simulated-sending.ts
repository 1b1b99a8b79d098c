import type { ShareError } from '../../src/errors.ts'
import { BLOCK_BYTES } from '../../src/limits.ts'
import { blockDigest, packDigest } from '../../src/transfer/digests.ts'
import type { BlockId, Entry, Frame } from '../../src/transfer/frame.ts'
import type { BlockToRead, OutgoingChunk, ReadBlock } from '../../src/transfer/outgoing-blocks.ts'
import { type SendEffect, SendMachine, type SendOutcome } from '../../src/transfer/send-machine.ts'

/** How long a file is in the end that is listed without its length. */
const STREAM_BYTES = BLOCK_BYTES + 17
const PAYLOAD_BYTES = 256 * 1024

type Done = Extract<Frame, { type: 'done' }>

/**
 * A SendMachine whose lists, reads, messages and answers are done when the test wants it, each in
 * one step. Throws where it asks for something that it may not.
 */
export class SimulatedSending {
  readonly #entries: readonly Entry[]
  readonly #machine: SendMachine
  readonly #batch: number
  readonly #held = new Set<Uint8Array>()
  readonly #reading: BlockToRead[] = []
  readonly #finishing: number[] = []
  readonly #underWay: OutgoingChunk[] = []
  readonly #missing = new Map<string, { id: BlockId; bytes: number }>()
  readonly finished = new Set<number>()
  readonly released = new Set<number>()
  readonly kept: BlockId[] = []
  /** Of the MANIFESTs that were said. */
  listed = 0
  isListed = false
  checked = 0
  skipped = 0
  chunks = 0
  done: Done | undefined
  outcome: SendOutcome | ShareError | undefined
  isAsked = false

  /** Lists `batch` entries at a time. */
  constructor(entries: readonly Entry[], batch = Number.POSITIVE_INFINITY) {
    this.#entries = entries
    this.#batch = batch
    this.#machine = new SendMachine(
      {
        name: 'some',
        kind: 'several',
        files: 0,
        bytes: 0,
        isCounted: true,
        blockBytes: BLOCK_BYTES,
      },
      ({ data }) => {
        if (!this.#held.delete(data)) throw new Error('released what was not held')
      },
    )
    this.#run(this.#machine.start())
  }

  /** Blocks whose contents are in memory. */
  get unreleased(): number {
    return this.#held.size
  }

  /** Blocks that arrived whole and are not acknowledged. */
  get unacknowledged(): string[] {
    return [...this.#missing].filter(([, { bytes }]) => bytes === 0).map(([key]) => key)
  }

  /** Files of which it asks whether they were one version. */
  get asksToFinish(): readonly number[] {
    return this.#finishing
  }

  receive(frame: Frame): void {
    this.#run(this.#machine.receive(frame))
  }

  list(): void {
    if (!this.isAsked) return
    this.isAsked = false
    const entries = this.#entries.slice(this.listed, this.listed + Math.min(this.#batch, 256))
    this.#run(this.#machine.listed(entries))
  }

  listAll(): void {
    while (this.isAsked) this.list()
  }

  readAll(): void {
    for (;;) {
      this.#askReads()
      if (this.#reading.length === 0) return
      this.read(0)
    }
  }

  sendAll(): void {
    for (let before = -1; before !== this.chunks; ) {
      before = this.chunks
      this.send(PAYLOAD_BYTES)
      this.#askReads()
      while (this.#reading.length > 0) this.read(0)
      while (this.#underWay.length > 0) this.arrive(0)
    }
  }

  finishAll(): void {
    while (this.#finishing.length > 0) this.finish(0)
  }

  acknowledgeAll(): void {
    while (this.unacknowledged.length > 0) this.acknowledge(0)
  }

  /** What the source has in a file. */
  contentOf(file: number): Uint8Array {
    return new Uint8Array(this.#entries[file]?.bytes ?? STREAM_BYTES).fill(file)
  }

  /** Ends a read that was begun. */
  read(which: number): void {
    const [next] = this.#reading.splice(which % Math.max(1, this.#reading.length), 1)
    if (next === undefined) return
    const { place } = next
    const files = place.parts ?? [place]
    const contents = files.map(({ file, length }) =>
      this.contentOf(file).subarray(place.offset, place.offset + length),
    )
    const data = Buffer.concat(contents)
    if (data.length < place.length) {
      this.#run(this.#machine.streamEnded(place, place.offset + data.length))
      if (data.length === 0) return
    }
    const digests = contents.map((content) => blockDigest(content))
    const digest = place.parts ? packDigest(digests) : blockDigest(data)
    if (this.#machine.isThere(place, digest)) {
      this.#run(this.#machine.blockKept(place, digest))
      return
    }
    this.#held.add(data)
    const content: ReadBlock = { data, encoding: 'plain', digest }
    this.#run(this.#machine.blockRead(place, content, digests))
  }

  send(chunkBytes: number): void {
    const chunk = this.#machine.nextChunk(chunkBytes, PAYLOAD_BYTES)
    if (chunk === undefined) return
    this.chunks += 1
    this.#underWay.push(chunk)
    const { file, block, wireBytes } = chunk.chunk
    const key = `${file}/${block}`
    if (!this.#missing.has(key)) this.#missing.set(key, { id: { file, block }, bytes: wireBytes })
    this.#machine.chunkSent(chunk)
  }

  arrive(which: number): void {
    const [chunk] = this.#underWay.splice(which % Math.max(1, this.#underWay.length), 1)
    if (chunk === undefined) return
    const { file, block, data } = chunk.chunk
    const missing = this.#missing.get(`${file}/${block}`)
    if (missing) missing.bytes -= data.length
  }

  lose(which: number): void {
    const [chunk] = this.#underWay.splice(which % Math.max(1, this.#underWay.length), 1)
    if (chunk) this.#machine.chunkLost(chunk)
  }

  acknowledge(which: number): void {
    const keys = this.unacknowledged
    const key = keys[which % Math.max(1, keys.length)]
    const block = key && this.#missing.get(key)
    if (!block) return
    this.#missing.delete(key)
    this.receive({ type: 'ack', blocks: [block.id] })
  }

  finish(which: number): void {
    const [file] = this.#finishing.splice(which % Math.max(1, this.#finishing.length), 1)
    if (file !== undefined) this.#run(this.#machine.finished(file))
  }

  /** Takes in a few more entries; of some files says before that they are there, or not wanted. */
  check(count: number, compares: boolean): void {
    const through = Math.min(this.listed, this.checked + count)
    for (let file = this.checked; compares && file < through; file += 1) {
      const { kind, bytes } = this.#entries[file] ?? { kind: 'directory', bytes: 0 }
      if (kind === 'directory' || bytes === 0) continue
      if ((file + count) % 5 === 0) this.#skip(file)
      else if (file % 3 === 0 && bytes !== null) this.#have(file)
    }
    this.checked = through
    this.receive({ type: 'checked', through })
  }

  /** Does one of all those things, as `choose` says. */
  anything(compares: boolean, choose: () => number): void {
    const which = choose()
    const steps = [
      () => this.list(),
      () => this.#askReads(),
      () => this.read(which),
      () => this.send(8192 + 1000 * which),
      () => this.arrive(which),
      () => this.arrive(which),
      () => which % 3 === 0 && this.lose(which),
      () => this.acknowledge(which),
      () => this.finish(which),
      () => this.check(which % 7, compares),
      () => this.#save(),
    ]
    steps[choose() % steps.length]?.()
  }

  #askReads(): void {
    for (;;) {
      const next = this.#machine.nextRead()
      if (next === undefined) return
      const files = next.place.parts ?? [next.place]
      if (files.some(({ file }) => this.released.has(file))) throw new Error('read after release')
      this.#reading.push(next)
    }
  }

  #skip(file: number): void {
    this.skipped += 1
    this.receive({ type: 'skip', files: [file] })
  }

  /** The first blocks are the same, others not. */
  #have(file: number): void {
    const content = this.contentOf(file)
    const blocks = [content.subarray(0, BLOCK_BYTES), content.subarray(BLOCK_BYTES, BLOCK_BYTES)]
    const count = Math.min(2, Math.ceil(content.length / BLOCK_BYTES))
    const digests = blocks.slice(0, count).map((block) => blockDigest(block))
    this.receive({ type: 'have', file, first: 0, digests: Buffer.concat(digests) })
  }

  #save(): void {
    const isWhole = this.#missing.size === 0 && this.#underWay.length === 0
    if (this.done && isWhole && this.released.size === this.#files) {
      this.receive({ type: 'saved', digest: this.done.digest })
    }
  }

  get #files(): number {
    return this.#entries.filter(({ kind }) => kind === 'file').length
  }

  #run(effects: readonly SendEffect[]): void {
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: SendEffect): void {
    switch (effect.type) {
      case 'send':
        this.#said(effect.frame)
        return
      case 'keep':
        this.kept.push({ file: effect.place.file, block: effect.place.block })
        return
      case 'list':
        if (this.isAsked || this.isListed) throw new Error('asks for entries out of turn')
        this.isAsked = true
        return
      case 'finish':
        this.#finishing.push(effect.file)
        return
      case 'release':
        if (this.released.has(effect.file)) throw new Error('releases twice')
        this.released.add(effect.file)
        return
      case 'file': {
        const file = this.#entries.findIndex(({ path }) => path === effect.path)
        if (this.finished.has(file)) throw new Error('finishes twice')
        this.finished.add(file)
        return
      }
      case 'end':
        this.outcome = effect.outcome
    }
  }

  #said(frame: Frame): void {
    if (frame.type === 'done') this.done = frame
    if (frame.type !== 'manifest') return
    if (frame.first !== this.listed) throw new Error('lists out of order')
    this.listed += frame.entries.length
    this.isListed = frame.isLast
  }
}
