import type { PathInfo, TransferEvent } from '../events.ts'

type Transport = PathInfo['transport']

/** Remembers what carried a transfer: the transports that did most of the time. */
export class CarriedBy {
  readonly #times = new Map<Transport, number>()
  #first: Transport[] = []
  #looks = 0

  onEvent(event: TransferEvent): void {
    if (event.event === 'connected') this.#first = [event.transport]
    if (event.event !== 'progress' || event.transports.length === 0) return
    this.#looks += 1
    for (const transport of event.transports) {
      this.#times.set(transport, (this.#times.get(transport) ?? 0) + 1)
    }
  }

  /** Empty before there is a connection. */
  get transports(): Transport[] {
    const most = [...this.#times].filter(([, times]) => 2 * times > this.#looks)
    return most.length > 0 ? most.map(([transport]) => transport).sort() : this.#first
  }
}
