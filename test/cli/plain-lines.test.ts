import { describe, expect, it } from 'vitest'
import { PlainLines } from '../../src/cli/plain-lines.ts'
import { FakeOutput } from './fake-streams.ts'
import { code, connected, done, offer, progress } from './recorded-events.ts'

function linesAt(clock: { ms: number }): { output: FakeOutput; lines: PlainLines } {
  const output = new FakeOutput()
  const view = { role: 'sender', namesRendezvous: false, asks: false } as const
  return {
    output,
    lines: new PlainLines(
      output,
      view,
      (_format, text) => text,
      () => clock.ms,
    ),
  }
}

describe('PlainLines', () => {
  it('tells a quick transfer in a few lines', () => {
    const clock = { ms: 0 }
    const { output, lines } = linesAt(clock)
    const events = [
      code,
      { event: 'waiting' } as const,
      connected,
      offer,
      progress(0),
      progress(100),
    ]
    for (const event of [...events, done]) lines.onEvent(event)
    lines.say('Sent.')
    lines.close()
    expect(output.text).toBe(
      [
        'On the other machine, run:',
        '',
        '  p2pshare receive 7-guitar-velvet',
        '',
        'or, if it does not find this machine:',
        '',
        '  p2pshare receive 7-guitar-velvet@192.168.1.5:7342',
        '',
        'Waiting for the receiver.',
        'Connected: direct over UDP, 23 ms round trip.',
        'Offered a.zip (100.0 MiB).',
        'Sent.',
        '',
      ].join('\n'),
    )
  })

  it('tells every ten percent of a steady transfer', () => {
    const clock = { ms: 0 }
    const { output, lines } = linesAt(clock)
    for (let share = 0; share <= 100; share += 1) {
      lines.onEvent(progress(share))
      clock.ms += 200
    }
    const shares = output.rows.map((row) => Number.parseInt(row, 10)).filter(Number.isFinite)
    expect(shares).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
    expect(output.rows[0]).toBe('10%, 10.0 of 100.0 MiB, 13.1 MB/s, 8 s left')
  })

  it('tells every ten seconds of a slow transfer', () => {
    const clock = { ms: 0 }
    const { output, lines } = linesAt(clock)
    for (let share = 0; share < 1; share += 0.001) {
      lines.onEvent(progress(share))
      clock.ms += 200
    }
    expect(output.rows.filter((row) => row.startsWith('0%'))).toHaveLength(19)
  })

  it('tells a fast transfer no more than once a second', () => {
    const clock = { ms: 0 }
    const { output, lines } = linesAt(clock)
    for (let share = 0; share <= 100; share += 5) {
      lines.onEvent(progress(share))
      clock.ms += 100
    }
    expect(output.rows.filter((row) => row !== '')).toHaveLength(2)
  })

  it('tells what has come where nobody knows yet of how much', () => {
    const clock = { ms: 0 }
    const { output, lines } = linesAt(clock)
    for (let share = 0; share <= 100; share += 10) {
      lines.onEvent({ ...progress(share), total: null })
      clock.ms += 2000
    }
    expect(output.text).toBe('50.0 MiB, 13.1 MB/s\n100.0 MiB, 13.1 MB/s\n')
  })

  it('does not count what was there before as progress', () => {
    const clock = { ms: 0 }
    const { output, lines } = linesAt(clock)
    lines.onEvent(progress(80))
    clock.ms += 2000
    lines.onEvent(progress(81))
    expect(output.text).toBe('')
  })
})
