/** One file or directory that is sent. */
export interface OutgoingEntry {
  /** Components joined by `/`; the first is the root's name. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** Of a file; 0 for a directory; null while unknown, as of a pipe. */
  readonly bytes: number | null
  /** Permission bits only. */
  readonly mode: number
  /** Last change, in milliseconds since 1970. */
  readonly modifiedMs: number
}

/** How much there is to send. Directories count as nothing. */
export interface Counted {
  readonly files: number
  readonly bytes: number
}

/** A file, and room for all that is in it. */
export interface WholeFile {
  readonly file: number
  readonly content: Uint8Array
}

/** What is sent: entries, numbered from 0 in the order in which they are listed. */
export interface Outgoing {
  /** What a person calls it: the name of the only root, or "3 items". */
  readonly name: string
  readonly kind: 'file' | 'directory' | 'several' | 'text'
  /** As far as counted by now. */
  readonly counted: Counted
  /**
   * All there is, once that is known; rejects with the ShareError that counting met, or `cancelled`
   * when it is closed before. Whoever does not care need not handle that.
   */
  readonly totals: Promise<Counted>
  /**
   * The next entries, `count` at most; none when there are no more. Throws what a walk can meet:
   * `not-found`, `not-a-file`, `unsafe-name`, `permission`, `file-changed`, `file-failed`.
   */
  list(count: number): Promise<OutgoingEntry[]>
  /**
   * Fills `buffer` with what stands in file number `file` from `offset` on, and says how many bytes:
   * fewer only at the end of a stream. Throws `file-changed` where it is not the file that was
   * listed, `permission` or `file-failed`; a TypeError for a file or range that is not there.
   */
  read(file: number, offset: number, buffer: Uint8Array): Promise<number>
  /**
   * Reads these files, which have at most SMALL_FILE_BYTES, each to its `content`, which is as long as
   * it. They are finished with that. Throws as `read` and `finish`.
   */
  readWhole(files: readonly WholeFile[]): Promise<void>
  /** All of `file` was read. Throws `file-changed` if that may be a mix of two versions. */
  finish(file: number): Promise<void>
  /** The receiver has all of `file`, or does not want it: it is not read again. */
  release(file: number): void
  /**
   * Lists from the start again, for a peer that came anew; what was listed is forgotten. Throws
   * `interrupted` where what was read cannot be read again.
   */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Throws a TypeError unless a file of `bytes` bytes has this range. */
export function assertRange(offset: number, length: number, bytes: number): void {
  const end = offset + length
  if (Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && end <= bytes) return
  throw new TypeError(`no range of a file of ${bytes} bytes: ${length} bytes from ${offset}`)
}
