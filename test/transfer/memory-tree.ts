import { ShareError } from '../../src/errors.ts'
import { blockDigest } from '../../src/transfer/digests.ts'
import type { Entry } from '../../src/transfer/frame.ts'
import type { Sink, Source, WholeFile } from '../../src/transfer/ports.ts'

/** Contents by path; null for a directory. */
export type MemoryTree = Record<string, Uint8Array | null>

/** A source of files in memory; each may be released once, and is not read after that. */
export class MemorySource implements Source {
  readonly #entries: [string, Uint8Array | null][]
  readonly #isPipe: boolean
  readonly finished: number[] = []
  readonly released = new Set<number>()
  #listed = 0

  constructor(tree: MemoryTree, isPipe = false) {
    this.#entries = Object.entries(tree)
    this.#isPipe = isPipe
  }

  get totals(): { files: number; bytes: number } {
    const files = this.#entries.flatMap(([, content]) => content ?? [])
    return { files: files.length, bytes: files.reduce((sum, { length }) => sum + length, 0) }
  }

  /** How many entries were listed. */
  get listed(): number {
    return this.#listed
  }

  async list(count: number): Promise<Entry[]> {
    await undefined
    const entries = this.#entries.slice(this.#listed, this.#listed + count)
    this.#listed += entries.length
    return entries.map(([path, content]) => ({
      path,
      kind: content ? 'file' : 'directory',
      bytes: content && this.#isPipe ? null : (content?.length ?? 0),
      mode: 0o644,
      modifiedMs: 0,
    }))
  }

  async read(file: number, offset: number, buffer: Uint8Array): Promise<number> {
    if (this.released.has(file)) throw new Error('read after it was released')
    const content = this.#entries[file]?.[1] ?? new Uint8Array(0)
    const part = content.subarray(offset, offset + buffer.length)
    await undefined
    buffer.set(part)
    return part.length
  }

  async readWhole(files: readonly WholeFile[]): Promise<void> {
    for (const { file, content } of files) {
      await this.read(file, 0, content)
      this.finished.push(file)
    }
  }

  async finish(file: number): Promise<void> {
    this.finished.push(file)
  }

  release(file: number): void {
    if (this.released.has(file)) throw new Error('released twice')
    this.released.add(file)
  }
}

/** More of a file is no room for, in bytes. */
const DISK_BYTES = 2 ** 28

/** Where files go in memory; `there` is what is there already. */
export class MemorySink implements Sink {
  readonly files: Record<string, Uint8Array> = {}
  readonly directories: string[] = []
  readonly finishedFiles: string[] = []
  readonly skip = new Set<string>()
  isPublished = false
  /** Entries of each batch. */
  readonly batches: number[] = []
  writtenBytes = 0
  readonly #there: MemoryTree
  readonly #writeMs: number
  readonly #entries: Entry[] = []
  readonly #paths = new Set<string>()

  constructor(there: MemoryTree = {}, writeMs = 0) {
    this.#there = there
    this.#writeMs = writeMs
  }

  /** What is listed and not left out, in order. */
  get kept(): Entry[] {
    return this.#entries.filter(({ path }) => !this.skip.has(path))
  }

  get mayHave(): boolean {
    return Object.keys(this.#there).length > 0 || this.skip.size > 0
  }

  async list(first: number, entries: readonly Entry[]): Promise<void> {
    if (first !== this.#entries.length) throw new Error('entries out of order')
    await undefined
    this.batches.push(entries.length)
    for (const entry of entries) {
      assertRoom(entry.bytes ?? 0)
      if (this.#paths.has(entry.path)) throw new ShareError('file-exists', 'it comes twice')
      this.#paths.add(entry.path)
      this.#entries.push(entry)
      if (entry.kind === 'directory') this.directories.push(entry.path)
      else this.files[entry.path] = new Uint8Array(entry.bytes ?? 0)
    }
  }

  async compare(file: number, blockBytes: number): Promise<'skip' | AsyncIterable<Uint8Array>> {
    const { path, bytes } = this.#entry(file)
    if (this.skip.has(path)) {
      delete this.files[path]
      return 'skip'
    }
    const there = this.#there[path] ?? new Uint8Array(0)
    const target = this.files[path]
    if (target) target.set(there.subarray(0, bytes ?? 0))
    return digestsOf(there, blockBytes, bytes ?? 0)
  }

  async write(file: number, offset: number, parts: readonly Uint8Array[]): Promise<void> {
    const { path } = this.#entry(file)
    if (this.#writeMs) await new Promise((resolve) => setTimeout(resolve, this.#writeMs))
    const data = Buffer.concat(parts)
    const before = this.files[path] ?? new Uint8Array(0)
    const end = offset + data.length
    assertRoom(end)
    const after = end > before.length ? new Uint8Array(end) : before
    if (after !== before) after.set(before)
    after.set(data, offset)
    this.files[path] = after
    this.writtenBytes += data.length
  }

  async writeWhole(files: readonly WholeFile[]): Promise<void> {
    const write = async ({ file, content }: WholeFile) => {
      await this.write(file, 0, [content])
      await this.finish(file, content.length)
    }
    await Promise.all(files.map(write))
  }

  async finish(file: number, bytes: number): Promise<void> {
    const { path } = this.#entry(file)
    if (this.files[path]?.length !== bytes) throw new ShareError('integrity', 'not as long')
    this.finishedFiles.push(path)
  }

  async publish(): Promise<void> {
    this.isPublished = true
  }

  #entry(file: number): Entry {
    const entry = this.#entries[file]
    if (entry === undefined) throw new Error('no such entry')
    return entry
  }
}

function assertRoom(bytes: number): void {
  if (bytes > DISK_BYTES) throw new ShareError('disk-full', 'no room for it')
}

/** Of each block of a file of `bytes` that is there whole. */
async function* digestsOf(content: Uint8Array, blockBytes: number, bytes: number) {
  for (let offset = 0; offset < bytes; offset += blockBytes) {
    const end = Math.min(offset + blockBytes, bytes)
    if (end > content.length) return
    await undefined
    yield blockDigest(content.subarray(offset, end))
  }
}
