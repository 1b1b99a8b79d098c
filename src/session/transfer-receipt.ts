import { toShareError } from '../errors.ts'
import type { TransferEvent, TransferSummary } from '../events.ts'
import { createReceipt, type Receipt } from '../files/receipt-writer.ts'

type FileEvent = Extract<TransferEvent, { event: 'file' }>

/** The receipt of a transfer, which begins anew when the transfer does; none where none is wanted. */
export class TransferReceipt {
  readonly #path: string | undefined
  #receipt: Receipt | undefined
  /** Files of a transfer that began anew, until the new receipt is there. */
  #early: FileEvent[] | undefined
  #renewal: Promise<void> = Promise.resolve()
  #failure: unknown

  /** Throws what `createReceipt` throws, before anything is transferred. */
  static async open(path: string | undefined): Promise<TransferReceipt> {
    return new TransferReceipt(path, path === undefined ? undefined : await createReceipt(path))
  }

  private constructor(path: string | undefined, receipt: Receipt | undefined) {
    this.#path = path
    this.#receipt = receipt
  }

  /** Takes note of the files among what happens. */
  watch(event: TransferEvent): void {
    if (event.event !== 'file') return
    if (this.#early) this.#early.push(event)
    else this.#receipt?.file(event)
  }

  /** The transfer begins anew: what was noted counts no more. */
  restart(): void {
    const path = this.#path
    if (path === undefined) return
    this.#early = []
    this.#renewal = this.#renewal.then(() => this.#renew(path))
  }

  /** Completes the receipt. Throws what `Receipt.finish` throws. */
  async finish(role: 'sender' | 'receiver', name: string, summary: TransferSummary): Promise<void> {
    await this.#renewal
    if (this.#failure !== undefined) throw toShareError(this.#failure)
    await this.#receipt?.finish({ ...summary, role, name })
  }

  /** Removes what there is, unless it is finished. Never throws. */
  async close(): Promise<void> {
    await this.#renewal
    await this.#receipt?.discard()
  }

  async #renew(path: string): Promise<void> {
    await this.#receipt?.discard()
    try {
      this.#receipt = await createReceipt(path)
    } catch (thrown) {
      this.#receipt = undefined
      this.#failure = thrown
    }
    for (const event of this.#early?.splice(0) ?? []) this.#receipt?.file(event)
    this.#early = undefined
  }
}
