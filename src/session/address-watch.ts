import { isOwnAddress } from '../lan/local-addresses.ts'
import { ADDRESS_CHECK_INTERVAL_MS, ADDRESS_CHECKS } from '../limits.ts'
import type { ConnectionPath } from '../peer/connection-path.ts'

export interface AddressWatchInit {
  path: Pick<ConnectionPath, 'localEnd'>
  /** Called at most once. */
  onGone: () => void
  /** Whether this machine has an address; the system is asked when absent. */
  isOwn?: (address: string) => boolean
}

/**
 * Notices that this machine has lost the address from which a connection goes, long before silence
 * would tell. A connection whose packets come all the same is let be: an interface that hangs on
 * nothing still leads from one process here to another. So is one whose address was not this
 * machine's to begin with, but a router's.
 */
export class AddressWatch {
  readonly #init: AddressWatchInit
  readonly #ticker: NodeJS.Timeout
  #address: string | undefined
  #packets = 0
  #misses = 0
  #isLooking = false
  #isClosed = false

  constructor(init: AddressWatchInit) {
    this.#init = init
    this.#ticker = setInterval(() => void this.#tick(), ADDRESS_CHECK_INTERVAL_MS)
    this.#ticker.unref()
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#ticker)
  }

  async #tick(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const isThere = this.#address !== undefined && this.#isOwn(this.#address)
      if (isThere) this.#misses = 0
      else await this.#look()
    } catch {
      // Statistics that fail tell nothing; silence still will.
    }
    this.#isLooking = false
  }

  /** At first, and when the address is missing: the connection may have found another way. */
  async #look(): Promise<void> {
    const end = await this.#init.path.localEnd()
    if (this.#isClosed || end === undefined) return
    const { address, packets } = end
    const isQuiet = packets === this.#packets
    this.#packets = packets
    if (address !== undefined && this.#isOwn(address)) this.#address = address
    else if (this.#address !== undefined) this.#missed(isQuiet)
    else if (address !== undefined) this.close()
  }

  #missed(isQuiet: boolean): void {
    this.#misses = isQuiet ? this.#misses + 1 : 0
    if (this.#misses < ADDRESS_CHECKS) return
    this.close()
    this.#init.onGone()
  }

  #isOwn(address: string): boolean {
    return (this.#init.isOwn ?? isOwnAddress)(address)
  }
}
