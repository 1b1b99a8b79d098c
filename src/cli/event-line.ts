import type { TransferEvent } from '../events.ts'
import { printable } from '../printable.ts'
import { formatPath } from './format.ts'
import { offerLabel } from './offer-label.ts'
import type { TransferView } from './renderer.ts'
import type { Style } from './terminal.ts'

/** What a person reads about `event`, or nothing. Everything from outside is made printable. */
export function eventLine(
  event: TransferEvent,
  view: TransferView,
  style: Style,
): string | undefined {
  switch (event.event) {
    case 'code':
      return instructions(
        view.role === 'sender' ? 'receive' : 'send FILE --to',
        event,
        view.namesRendezvous,
        style,
      )
    case 'waiting':
      return view.role === 'sender' ? 'Waiting for the receiver.' : 'Waiting for the sender.'
    case 'connected': {
      const way = formatPath(event.path, [event.transport])
      return `Connected: ${way}, ${roundTrip(event.rttMs)}.`
    }
    case 'path': {
      // Another transport shows in the bar, and changes little for a person.
      if (event.path === event.before.path) return undefined
      return `Now ${formatPath(event.path, [event.transport])}, ${roundTrip(event.rttMs)}.`
    }
    case 'verify': {
      const words = `  ${style('bold', printable(event.words))}\n`
      return ['Both sides show the same words, unless somebody is between them:', '', words].join(
        '\n',
      )
    }
    case 'offer': {
      if (view.asks) return undefined
      return `${view.role === 'sender' ? 'Offered' : 'Receiving'} ${offerLabel(event)}.`
    }
    case 'warning':
      return `${style('yellow', 'Warning:')} ${printable(event.message)}.`
    default:
      return undefined
  }
}

function roundTrip(rttMs: number): string {
  return `${rttMs < 1 ? 'under 1 ms' : `${Math.round(rttMs)} ms`} round trip`
}

/** What to type on the other machine. */
export function instructions(
  words: 'receive' | 'send FILE --to' | 'doctor --with',
  { code, full }: { code: string; full: string },
  namesRendezvous: boolean,
  style: Style,
): string {
  const command = (shown: string) => `  ${style('bold', `p2pshare ${words} ${printable(shown)}`)}`
  const lines = ['On the other machine, run:', '']
  if (code === full || namesRendezvous) return [...lines, command(full), ''].join('\n')
  const otherwise = ['', 'or, if it does not find this machine:', '']
  return [...lines, command(code), ...otherwise, command(full), ''].join('\n')
}
