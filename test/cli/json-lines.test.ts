import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodeOnly } from '../../src/cli/code-only.ts'
import { JsonLines, jsonLine } from '../../src/cli/json-lines.ts'
import type { TransferEvent } from '../../src/events.ts'
import { isPrintable } from '../../src/printable.ts'
import { FakeOutput } from './fake-streams.ts'
import { code, connected, done, offer, progress } from './recorded-events.ts'

const events: TransferEvent[] = [
  code,
  { event: 'waiting' },
  connected,
  offer,
  progress(50),
  { event: 'text', text: 'a\nb\u001b' },
  done,
]

const file = (path: string): TransferEvent => ({ event: 'file', path, bytes: 1, sha256: 'ab' })

describe('JsonLines', () => {
  it('writes every event as a line with version and time, and nothing else', () => {
    const output = new FakeOutput()
    const lines = new JsonLines(output)
    for (const event of events) lines.onEvent(event)
    lines.say()
    lines.close()
    const written = output.text.trimEnd().split('\n')
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(written.map((line): unknown => JSON.parse(line))).toEqual(
      events.map((event) => ({ v: 1, time, ...event })),
    )
  })

  it('writes files together, and whatever else comes at once with those before it', () => {
    const output = new FakeOutput()
    const lines = new JsonLines(output)
    const written = (event: TransferEvent) => {
      lines.onEvent(event)
      return output.writes.length
    }
    expect([code, file('a'), file('b'), progress(50), file('c')].map(written)).toEqual([
      1, 1, 1, 2, 2,
    ])
    lines.close()
    expect(output.writes.map((text) => text.match(/(?<="event":")\w+/g))).toEqual([
      ['code'],
      ['file', 'file', 'progress'],
      ['file'],
    ])
    expect(output.text.match(/(?<="path":")\w/g)).toEqual(['a', 'b', 'c'])
  })

  it('keeps values exact, and lines safe to look at', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const line = jsonLine({ event: 'warning', message }, new Date(0))
        expect(JSON.parse(line)).toMatchObject({ message })
        expect(isPrintable(line.slice(0, -1))).toBe(true)
        expect(line.endsWith('}\n')).toBe(true)
      }),
    )
  })
})

describe('CodeOnly', () => {
  it('writes the code that needs no configuration, once, and nothing else', () => {
    const output = new FakeOutput()
    const quiet = new CodeOnly(output)
    for (const event of events) quiet.onEvent(event)
    quiet.say()
    quiet.close()
    expect(output.text).toBe('7-guitar-velvet@192.168.1.5:7342\n')
  })
})
