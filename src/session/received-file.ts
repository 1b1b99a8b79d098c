import { ShareError } from '../errors.ts'
import type { OfferInfo, TransferWatcher } from '../events.ts'
import { type Destination, resolveDestination } from '../files/destination.ts'
import { createStaging, type Staging } from '../files/staging.ts'
import type { Entry, Offer } from '../transfer/frame.ts'
import type { Sink } from '../transfer/ports.ts'

export interface ReceivedFileInit {
  /** What the user chose: an existing directory or the new file's name. */
  output: string | undefined
  decide:
    | ((offer: OfferInfo & { target: string }, signal: AbortSignal) => Promise<boolean>)
    | undefined
  signal: AbortSignal
  onEvent: TransferWatcher
}

/** A file on its way from an offer to its place on disk. */
export class ReceivedFile {
  readonly #init: ReceivedFileInit
  #offer: OfferInfo | undefined
  #destination: Destination | undefined
  #staging: Staging | undefined
  #hasData = false

  constructor(init: ReceivedFileInit) {
    this.#init = init
  }

  /** What was offered; only to be asked for once `accept` was called. */
  get offer(): OfferInfo {
    if (this.#offer === undefined) throw new TypeError('nothing was offered yet')
    return this.#offer
  }

  /** Where it goes; only to be asked for once `accept` has succeeded. */
  get path(): string {
    if (this.#destination === undefined) throw new TypeError('nothing was accepted yet')
    return this.#destination.path
  }

  /**
   * Finds out whether and where `offer` can be saved, asks for consent, and makes room.
   * Throws the ShareError to decline with.
   */
  async accept({ name, files, bytes }: Offer): Promise<Sink> {
    const { output, decide, signal, onEvent } = this.#init
    this.#offer = { name, files, bytes }
    onEvent({ event: 'offer', ...this.#offer })
    const cwd = process.cwd()
    const destination = await resolveDestination({ output, offeredName: name, cwd })
    const target = destination.path
    if (decide && !(await decide({ ...this.#offer, target }, signal))) {
      throw new ShareError('declined', 'The file was declined', { hint: '' })
    }
    const { directory } = destination
    this.#staging = await createStaging({ directory, key: `${bytes} ${name}`, bytes, signal })
    this.#destination = destination
    return this.#sink(this.#staging, target)
  }

  /**
   * Ends the staging, whatever became of the file: what arrived of one that was not saved is kept
   * unless it is known to be `damaged`.
   */
  async leave(damaged: boolean): Promise<void> {
    if (this.#hasData && !damaged) await this.#staging?.keep()
    else await this.#staging?.discard()
  }

  #sink(staging: Staging, path: string): Sink {
    return {
      write: async (_, offset, parts) => {
        await staging.write(offset, parts)
        this.#hasData = true
      },
      publish: async ([entry]) => {
        if (entry === undefined) throw new TypeError('a transfer of no file')
        await staging.publish({ path, ...attributesOf(entry) })
      },
    }
  }
}

function attributesOf({ mode, modifiedMs }: Entry) {
  return { mode, modifiedMs }
}
