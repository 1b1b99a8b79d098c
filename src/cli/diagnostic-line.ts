import type { CandidateInfo, Diagnostic } from '../diagnostics.ts'
import { printable } from '../printable.ts'
import { formatPath } from './format.ts'

/** What a person reads about `diagnostic`: a sentence without a full stop, all of it printable. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  return printable(sentence(diagnostic))
}

function sentence(diagnostic: Diagnostic): string {
  switch (diagnostic.diagnostic) {
    case 'server':
      return `${SERVER[diagnostic.state]} ${diagnostic.url}${because(diagnostic.reason)}`
    case 'search':
      return `Looking for the other side on the local network, and at ${diagnostic.urls.join(', ')}`
    case 'found':
      return `The local network names ${diagnostic.url} (${diagnostic.service})`
    case 'met': {
      const helpers = diagnostic.iceServers.join(', ') || 'none'
      return `Somebody is there, at ${diagnostic.url}; servers that help to find a path: ${helpers}`
    }
    case 'code':
      return `${CODE[diagnostic.stage]}${because(diagnostic.reason)}`
    case 'candidate': {
      const side = diagnostic.of === 'own' ? 'this side' : 'the other side'
      return `Lane ${diagnostic.lane}: ${side} may be reached at ${candidate(diagnostic)}`
    }
    case 'engine':
      return `Lane ${diagnostic.lane}: ${diagnostic.what} is ${diagnostic.state}`
    case 'path': {
      const { lane, path, transport, rttMs, own, peer } = diagnostic
      const [from, to] = [own, peer].map((end) => (end ? candidate(end) : 'an unknown address'))
      const way = formatPath(path, [transport])
      return `Lane ${lane} goes ${way}, ${rttMs} ms round trip, from ${from} to ${to}`
    }
    case 'lane': {
      const { lane, transport, state, reason } = diagnostic
      const over = transport === 'any' ? '' : ` over ${transport.toUpperCase()}`
      return `Lane ${lane}${over} ${LANE[state]}${because(reason)}`
    }
    case 'connection':
      return `${CONNECTION[diagnostic.state]}${because(diagnostic.reason)}`
    case 'transfer':
      return `${TRANSFER[diagnostic.state]}${because(diagnostic.reason)}`
  }
}

const SERVER = {
  running: 'Running a rendezvous server, here at',
  asking: 'Asking the rendezvous server at',
  joined: 'Waiting at the rendezvous server',
  unreachable: 'No answer from the rendezvous server at',
  refused: 'Turned away by the rendezvous server at',
  lost: 'Lost the rendezvous server at',
} as const

const CODE = {
  answered: 'The other side answers; each proves to the other that it knows the code',
  proved: 'Both know the code; keys are agreed',
  failed: 'The proof failed',
} as const

const LANE = {
  opening: 'is being made',
  open: 'is open',
  failed: 'could not be made',
  closed: 'is closed',
} as const

const CONNECTION = {
  lost: 'The connection is lost',
  back: 'The other side is back',
  restarted: 'The other side was started again',
  'given-up': 'Nobody is looked for any more',
} as const

const TRANSFER = {
  begun: 'The transfer begins',
  accepted: 'The offer is accepted',
  ended: 'The transfer is over',
} as const

function candidate({ kind, transport, address, port }: CandidateInfo): string {
  const host = address.includes(':') ? `[${address}]` : address
  return `${host}:${port} (${kind}, ${transport})`
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`
}
