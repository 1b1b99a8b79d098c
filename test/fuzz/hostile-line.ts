import { decodeFrame } from '../../src/transfer/decode-frame.ts'
import { encodeFrame } from '../../src/transfer/encode-frame.ts'
import { type Frame, FrameType } from '../../src/transfer/frame.ts'
import type { HostileAction, HostileStep } from './hostile-steps.ts'

/** Makes one side of a transfer hostile: changes what it says on its way. */
export class HostileLine {
  readonly #steps: readonly HostileStep[]
  readonly #loseConnection: () => void
  #held: { payload: Uint8Array; messages: number }[] = []
  #said = 0
  /** The digest of each DONE that arrived. */
  readonly announced: string[] = []

  constructor(steps: readonly HostileStep[], loseConnection: () => void) {
    this.#steps = steps
    this.#loseConnection = loseConnection
  }

  /** What arrives in the place of `payload`. */
  pass(payload: Uint8Array, lane: number): Uint8Array[] {
    let arriving = [payload]
    for (const { at, action } of this.#steps) {
      if (at === this.#said) arriving = arriving.flatMap((each) => this.#apply(action, each))
    }
    this.#said += 1
    for (const held of this.#held) held.messages -= 1
    arriving.push(...this.#held.filter(({ messages }) => messages < 0).map((held) => held.payload))
    this.#held = this.#held.filter(({ messages }) => messages >= 0)
    // On a further lane anything but a chunk is the end, and what follows not worth looking at.
    const fitting = arriving.filter((each) => lane === 0 || each[0] === FrameType.chunk)
    for (const each of fitting) this.#note(each)
    return fitting
  }

  #apply(action: HostileAction, payload: Uint8Array): Uint8Array[] {
    switch (action.does) {
      case 'drop':
        return []
      case 'repeat':
        return Array(1 + action.times).fill(payload)
      case 'hold':
        this.#held.push({ payload, messages: action.messages })
        return []
      case 'flip': {
        const at = action.at % Math.max(1, payload.length)
        if (payload.length === 0) return [payload]
        return [Uint8Array.from(payload).with(at, (payload[at] ?? 0) ^ (1 << action.bit))]
      }
      case 'cut off':
        return [payload.subarray(0, Math.max(0, payload.length - action.bytes))]
      case 'change':
        return [changed(payload, action)]
      case 'insert':
        return [...Array<Uint8Array>(action.times).fill(action.payload), payload]
      case 'replace':
        return [action.payload]
      case 'lose':
        setImmediate(this.#loseConnection)
        return [payload]
    }
  }

  #note(payload: Uint8Array): void {
    if (payload[0] === FrameType.done) {
      this.announced.push(Buffer.from(payload.subarray(17)).toString('hex'))
    }
  }
}

/** `payload` with one of the numbers in it changed, where that is a frame that can be said. */
function changed(
  payload: Uint8Array,
  { which, add, isAdded }: Extract<HostileAction, { does: 'change' }>,
): Uint8Array {
  try {
    const frame = structuredClone(decodeFrame(payload))
    const numbers = numbersIn(frame)
    const number = numbers[which % numbers.length]
    if (number === undefined) return payload
    number.holder[number.key] = isAdded ? number.value + add : add
    return Uint8Array.from(Buffer.concat(encodeFrame(frame)))
  } catch {
    return payload
  }
}

interface HeldNumber {
  holder: Record<string, unknown>
  key: string
  value: number
}

function numbersIn(frame: Frame): HeldNumber[] {
  const found: HeldNumber[] = []
  const look = (holder: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(holder)) {
      if (typeof value === 'number') found.push({ holder, key, value })
      else if (isHolder(value)) look(value)
    }
  }
  if (isHolder(frame)) look(frame)
  return found
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}
