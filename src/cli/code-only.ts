import type { TransferEvent } from '../events.ts'
import type { Renderer } from './renderer.ts'
import type { OutputStream } from './terminal.ts'

/** For `$(p2pshare send --quiet ...)`: the code that works without configuration, and no more. */
export class CodeOnly implements Renderer {
  readonly #stream: OutputStream

  constructor(stream: OutputStream) {
    this.#stream = stream
  }

  onEvent(event: TransferEvent): void {
    if (event.event === 'code') this.#stream.write(`${event.full}\n`)
  }

  say(): void {}

  close(): void {}
}
