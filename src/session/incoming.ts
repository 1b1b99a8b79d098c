import { ShareError, throwIfAborted } from '../errors.ts'
import type { OfferInfo, TransferWatcher } from '../events.ts'
import type { ExistingPolicy } from '../files/existing.ts'
import { planIncoming } from '../files/incoming-plan.ts'
import { IncomingTree } from '../files/incoming-tree.ts'
import type { SavedTree } from '../files/saved-tree.ts'
import { type ByteWriter, notOneFile, StreamSink } from '../files/stream-sink.ts'
import { TextWriter } from '../files/text-writer.ts'
import type { Offer } from '../transfer/frame.ts'
import type { Sink } from '../transfer/ports.ts'

export interface IncomingInit {
  /** What the user chose: an existing directory, the new name, or a stream. */
  output: string | ByteWriter | undefined
  existing: ExistingPolicy
  update: boolean
  decide:
    | ((offer: OfferInfo & { target: string }, signal: AbortSignal) => Promise<boolean>)
    | undefined
  signal: AbortSignal
  onEvent: TransferWatcher
}

/**
 * What is being received, from an offer to its place: a tree on disk, a stream, or a text. A sender
 * that was started again makes another offer; what arrived of the one before is gone on with.
 */
export class Incoming {
  readonly #init: IncomingInit
  #offer: OfferInfo | undefined
  #tree: IncomingTree | undefined
  #confirmed: SavedTree | undefined
  #text: TextWriter | undefined
  #consent: string | undefined
  #hasStreamed = false

  constructor(init: IncomingInit) {
    this.#init = init
  }

  /** What was offered; only to be asked for once `accept` was called. */
  get offer(): OfferInfo {
    if (this.#offer === undefined) throw new TypeError('nothing was offered yet')
    return this.#offer
  }

  /** The absolute path of what was saved; undefined for a text and a stream. */
  get saved(): string | undefined {
    return this.#tree?.saved
  }

  /** Where the file that the sender calls `path` is, from the directory that all is saved in. */
  savedAs(path: string): string {
    return this.#tree?.savedAs(path) ?? path
  }

  /** The text that arrived, where it was one and is not saved. */
  get text(): string | undefined {
    return this.#text?.text
  }

  /**
   * Finds out whether and where `offer` can go, asks for consent, and makes room.
   * Throws the ShareError to decline with.
   */
  async accept(offer: Offer): Promise<Sink> {
    const { output, signal, onEvent } = this.#init
    await this.leave()
    throwIfAborted(signal)
    const { name, kind, files, bytes, isCounted } = offer
    this.#offer = { name, kind, files, bytes, isCounted }
    onEvent({ event: 'offer', ...this.#offer })
    if (typeof output === 'object') return this.#intoStream(output)
    if (kind === 'text' && output === undefined) {
      this.#text = new TextWriter()
      return new StreamSink(this.#text)
    }
    return this.#ontoDisk(output)
  }

  /**
   * Finds out, once all is saved, whether `offer` is the same again, of a sender that does not know
   * of that. Nothing is written. Throws the ShareError to decline with.
   */
  async confirm(offer: Offer): Promise<Sink> {
    const { name, kind } = this.offer
    if (this.#tree === undefined) throw notAgain()
    if (offer.name !== name || offer.kind !== kind) {
      throw new ShareError('file-exists', 'Something else was saved already')
    }
    this.#confirmed = await this.#tree.openSaved()
    return this.#confirmed
  }

  /** Ends the staging: what arrived of something that was not saved is kept for the next run. */
  async leave(): Promise<void> {
    const [tree, confirmed] = [this.#tree, this.#confirmed]
    this.#tree = undefined
    this.#confirmed = undefined
    await confirmed?.close().catch(() => undefined)
    await tree?.keep()
  }

  #intoStream(output: ByteWriter): Sink {
    const { kind } = this.offer
    if (kind !== 'file' && kind !== 'text') throw notOneFile()
    if (this.#hasStreamed) throw notAgain()
    this.#hasStreamed = true
    return new StreamSink(output)
  }

  async #ontoDisk(output: string | undefined): Promise<Sink> {
    const { existing, update, decide, signal } = this.#init
    const { name, kind, files, bytes } = this.offer
    const offer = { name, kind: kind === 'text' ? ('file' as const) : kind, files, bytes }
    const cwd = process.cwd()
    const plan = await planIncoming(offer, { output, cwd, existing, update, signal })
    const what = `${kind} ${name}`
    const { target } = plan
    if (decide && this.#consent !== what && !(await decide({ ...this.offer, target }, signal))) {
      throw new ShareError('declined', 'The offer was declined', { hint: '' })
    }
    this.#consent = what
    this.#tree = await IncomingTree.open(plan)
    return this.#tree
  }
}

function notAgain(): ShareError {
  return new ShareError('interrupted', 'The sender was started again, and a stream cannot be', {
    hint: 'Send and receive again.',
  })
}
