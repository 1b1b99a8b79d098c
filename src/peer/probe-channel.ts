/** Both sides name it before they negotiate; 0 is the lane's own. */
const CHANNEL_ID = 1
const MAX_PROBE_MESSAGE_BYTES = 1024

/**
 * A channel for small messages that are better lost than late: unordered, never sent again.
 * Under DTLS like its lane, but not sealed a second time: it carries counters and no content.
 */
export class ProbeChannel {
  readonly #channel: RTCDataChannel
  #onMessage: (message: Uint8Array) => void = () => {}
  /** Asking the channel itself would wait for the engine's threads each time. */
  #isOpen = false

  constructor(connection: RTCPeerConnection) {
    this.#channel = connection.createDataChannel('probes', {
      negotiated: true,
      id: CHANNEL_ID,
      ordered: false,
      maxRetransmits: 0,
    })
    this.#channel.binaryType = 'arraybuffer'
    this.#channel.onopen = () => {
      this.#isOpen = true
    }
    this.#channel.onclose = () => {
      this.#isOpen = false
    }
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer) || data.byteLength > MAX_PROBE_MESSAGE_BYTES) return
      this.#onMessage(new Uint8Array(data))
    }
  }

  /** Names the one handler of what arrives; what came before is lost. */
  onMessage(handler: (message: Uint8Array) => void): void {
    this.#onMessage = handler
  }

  /** Sends `message` (at most 1 KiB), or does nothing while the channel is not open. */
  send(message: Uint8Array<ArrayBuffer>): void {
    if (!this.#isOpen) return
    try {
      this.#channel.send(message)
    } catch {
      // The engine has closed it in between; its lane notices.
    }
  }
}
