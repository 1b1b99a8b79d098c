import { describe, expect, it } from 'vitest'
import { diagnosticLine } from '../../src/cli/diagnostic-line.ts'
import { DiagnosticLog } from '../../src/cli/diagnostic-log.ts'
import type { CandidateInfo, Diagnostic } from '../../src/diagnostics.ts'

const own: CandidateInfo = { kind: 'host', transport: 'udp', address: '10.0.0.2', port: 4000 }
const peer: CandidateInfo = { kind: 'srflx', transport: 'udp', address: '2001:db8::1', port: 5 }
const url = 'http://127.0.0.1:7342'

describe('diagnosticLine', () => {
  it.each<[Diagnostic, string]>([
    [
      { diagnostic: 'server', url, state: 'unreachable', reason: 'ECONNREFUSED' },
      `No answer from the rendezvous server at ${url}: ECONNREFUSED`,
    ],
    [
      { diagnostic: 'met', url, iceServers: [] },
      `Somebody is there, at ${url}; servers that help to find a path: none`,
    ],
    [{ diagnostic: 'code', stage: 'failed', reason: 'Why' }, 'The proof failed: Why'],
    [
      { diagnostic: 'candidate', lane: 0, of: 'peer', ...peer },
      'Lane 0: the other side may be reached at [2001:db8::1]:5 (srflx, udp)',
    ],
    [
      { diagnostic: 'path', lane: 0, path: 'direct', transport: 'udp', rttMs: 1.5, own, peer },
      'Lane 0 goes direct over UDP, 1.5 ms round trip, from 10.0.0.2:4000 (host, udp) ' +
        'to [2001:db8::1]:5 (srflx, udp)',
    ],
    [
      { diagnostic: 'lane', lane: 3, transport: 'tcp', state: 'closed', reason: 'it did not help' },
      'Lane 3 over TCP is closed: it did not help',
    ],
    [
      { diagnostic: 'found', url, service: 'a\u001b[2Jb' },
      `The local network names ${url} (a\\u{1b}[2Jb)`,
    ],
  ])('%j', (diagnostic, line) => expect(diagnosticLine(diagnostic)).toBe(line))
})

describe('DiagnosticLog', () => {
  function log(detail: 'verbose' | 'debug') {
    const lines: string[] = []
    let nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
    const watching = new DiagnosticLog({
      detail,
      write: (line) => lines.push(line),
      now: () => nowMs,
    })
    const tell = (...diagnostics: Diagnostic[]) => {
      for (const diagnostic of diagnostics) watching.onDiagnostic(diagnostic)
    }
    const pass = (ms: number) => {
      nowMs += ms
    }
    return { lines, tell, pass }
  }
  const asked = (state: 'asking' | 'unreachable' | 'joined', at = url) =>
    ({ diagnostic: 'server', url: at, state }) as const
  const engine = { diagnostic: 'engine', lane: 0, what: 'path', state: 'checking' } as const

  it('tells the seconds since the beginning', () => {
    const { lines, tell, pass } = log('verbose')
    pass(1234)
    tell({ diagnostic: 'transfer', state: 'begun' })
    expect(lines).toEqual(['[  1.23 s] The transfer begins.'])
  })

  it('tells of a server when something is new about it, and not of those that are guessed at', () => {
    const { lines, tell } = log('verbose')
    tell({ diagnostic: 'search', urls: [url] })
    lines.length = 0
    tell(asked('asking'), asked('unreachable'), asked('asking'), asked('joined'))
    expect(lines).toEqual([expect.stringContaining('Waiting at')])
    const named = 'https://share.example.org'
    lines.length = 0
    for (const state of ['asking', 'unreachable', 'asking', 'unreachable'] as const) {
      tell(asked(state, named))
    }
    expect(lines).toHaveLength(2)
  })

  it('leaves out what the engine says, and addresses of further lanes', () => {
    const { lines, tell } = log('verbose')
    tell(engine, { diagnostic: 'candidate', lane: 1, of: 'own', ...own })
    expect(lines).toEqual([])
  })

  it('leaves out nothing for debug, and tells the time of day', () => {
    const { lines, tell } = log('debug')
    tell(engine, asked('asking'), asked('asking'))
    expect(lines).toHaveLength(3)
    expect(lines[0]).toBe('2026-01-02T03:04:05.006Z Lane 0: path is checking.')
  })
})
