import { describe, expect, it } from 'vitest'
import { eventLine } from '../../src/cli/event-line.ts'
import type { TransferEvent } from '../../src/events.ts'
import { code, done, offer, progress } from './recorded-events.ts'

const sender = { role: 'sender', namesRendezvous: false, asks: false } as const
const receiver = { role: 'receiver', namesRendezvous: false, asks: false } as const
const line = (event: TransferEvent, view: Parameters<typeof eventLine>[1] = receiver) =>
  eventLine(event, view, (_format, text) => text)

describe('eventLine', () => {
  it('shows one command where one is enough', () => {
    const only = 'On the other machine, run:\n\n  p2pshare receive 7-a-b@x.org\n'
    expect(line({ event: 'code', code: '7-a-b@x.org', full: '7-a-b@x.org' }, sender)).toBe(only)
    const full =
      'On the other machine, run:\n\n  p2pshare receive 7-guitar-velvet@192.168.1.5:7342\n'
    expect(line(code, { ...sender, namesRendezvous: true })).toBe(full)
  })

  it('says who is waited for', () => {
    expect(line({ event: 'waiting' }, sender)).toBe('Waiting for the receiver.')
    expect(line({ event: 'waiting' })).toBe('Waiting for the sender.')
  })

  it('says how the machines are connected', () => {
    const relayed = { event: 'connected', path: 'relay', transport: 'tcp', rttMs: 0.2 } as const
    expect(line(relayed)).toBe('Connected: through a relay over TCP, under 1 ms round trip.')
  })

  it('leaves the offer to the prompt where there is one', () => {
    expect(line(offer)).toBe('Receiving a.zip (100.0 MiB).')
    expect(line(offer, { ...receiver, asks: true })).toBeUndefined()
  })

  it('escapes what comes from the other side', () => {
    const name = 'a\u202egpj.exe\u001b[2J\n'
    expect(line({ event: 'offer', name, kind: 'file', files: 1, bytes: 0, isCounted: true })).toBe(
      'Receiving a\\u{202e}gpj.exe\\u{1b}[2J\\u{a} (0 B).',
    )
    expect(line({ event: 'code', code: '\u001b', full: '\u001b' }, sender)).not.toContain('\u001b')
    expect(line({ event: 'warning', message: '\u009b' })).toBe('Warning: \\u{9b}.')
  })

  it('has nothing to say where a bar, the summary or the error does', () => {
    const error = { event: 'error', code: 'internal', message: '', hint: '', exit: 1 } as const
    const text = { event: 'text', text: 'secret' } as const
    for (const event of [progress(1), done, error, text]) expect(line(event)).toBeUndefined()
  })
})
