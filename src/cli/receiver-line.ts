import type { TransferEvent } from '../events.ts'
import { printable } from '../printable.ts'
import { eventLine } from './event-line.ts'
import { formatDuration, formatRate } from './format.ts'
import type { TransferView } from './renderer.ts'
import type { Style } from './terminal.ts'

/** Whom `event` is about, where a sender has several receivers. */
export function receiverOf(event: TransferEvent): number | undefined {
  return 'receiver' in event ? event.receiver : undefined
}

/** What a person reads about `event` of a receiver, or nothing; its number comes before. */
export function receiverLine(
  event: TransferEvent,
  view: TransferView,
  style: Style,
): string | undefined {
  switch (event.event) {
    // It is the same for all of them.
    case 'offer':
      return undefined
    case 'done': {
      const { bytes, seconds } = event
      const rate = seconds > 0 ? ` (${formatRate(bytes / seconds)})` : ''
      return `has everything, after ${formatDuration(seconds)}${rate}.`
    }
    case 'error':
      return `${style('red', 'failed:')} ${printable(event.message)}.`
    default:
      return eventLine(event, view, style)
  }
}

/** The beginning of a line about a receiver. */
export function receiverPrefix(receiver: number): string {
  return `Receiver ${receiver}: `
}
