import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ReceiverLines } from '../../src/cli/receiver-lines.ts'
import { ReceiversDisplay } from '../../src/cli/receivers-display.ts'
import type { TransferEvent } from '../../src/events.ts'
import { FakeOutput } from './fake-streams.ts'
import { code, connected, done, offer, progress } from './recorded-events.ts'
import { screenOf } from './screen.ts'

const view = { role: 'sender', namesRendezvous: false, asks: false, isForSeveral: true } as const
const plain = (_format: string, text: string) => text
const failed = {
  event: 'error',
  code: 'interrupted',
  message: 'It is gone\u001b[2J',
  hint: '',
  exit: 6,
} as const

function of(receiver: number, event: TransferEvent): TransferEvent {
  return { ...event, receiver } as TransferEvent
}

describe('with several receivers', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('a terminal has a line with a bar for each that is being served', () => {
    const output = new FakeOutput(80)
    const display = new ReceiversDisplay(output, view, plain)
    display.onEvent(code)
    for (const receiver of [1, 2, 3]) {
      display.onEvent(of(receiver, connected))
      display.onEvent(of(receiver, offer))
    }
    for (let share = 0; share <= 40; share += 4) {
      for (const receiver of [1, 2, 3]) display.onEvent(of(receiver, progress(share / receiver)))
      vi.advanceTimersByTime(200)
    }
    const table = screenOf(output.text).filter((row) => /^ +[123] +\d+% {2}\[/.test(row))
    expect(table.map((row) => row.slice(0, 8))).toEqual(['  1  40%', '  2  20%', '  3  13%'])
    for (const row of table) expect(row.length).toBeLessThan(80)

    display.onEvent(of(1, done))
    display.onEvent(of(2, failed))
    vi.advanceTimersByTime(200)
    expect(screenOf(output.text).filter((row) => /^ +\d+ +\d+%/.test(row))).toHaveLength(1)
    const text = screenOf(output.text).join('\n')
    expect(text).toContain('Receiver 1: Connected: direct over UDP')
    expect(text).toMatch(/Receiver 1: has everything, after 8 s \(.*\/s\)\./)
    expect(text).toContain('Receiver 2: failed: It is gone\\u{1b}[2J.')
    expect(text).not.toContain('Offered')

    // What breaks off leaves its last state behind.
    display.close()
    expect(screenOf(output.text).at(-2)).toMatch(/^ {2}3 +13%/)
  })

  it('a small terminal has as many lines of them as there is room for', () => {
    const output = new FakeOutput(40)
    const display = new ReceiversDisplay(output, view, plain)
    for (let share = 0; share <= 40; share += 4) {
      for (let receiver = 1; receiver <= 50; receiver += 1) {
        display.onEvent(of(receiver, progress(share)))
      }
      vi.advanceTimersByTime(200)
    }
    const drawn = screenOf(output.text).filter((row) => /^ +\d+ +\d+%/.test(row))
    expect(drawn.length).toBeGreaterThan(5)
    expect(drawn.length).toBeLessThan(24)
    for (const row of drawn) expect(row.trimEnd().length).toBeLessThan(40)
    display.close()
  })

  it('a log has lines that say which they are about', () => {
    const output = new FakeOutput()
    const lines = new ReceiverLines(output, view, plain)
    for (const receiver of [1, 2]) {
      lines.onEvent(of(receiver, connected))
      lines.onEvent(of(receiver, offer))
      for (let share = 0; share <= 20; share += 10) {
        lines.onEvent(of(receiver, progress(share)))
        vi.advanceTimersByTime(2000)
      }
    }
    lines.onEvent(of(2, done))
    lines.onEvent(of(1, failed))
    lines.say('1 of 2')
    lines.close()
    const said = output.text.trimEnd().split('\n')
    expect(said.slice(0, -1).every((line) => /^Receiver [12]: /.test(line))).toBe(true)
    expect(said.filter((line) => /^Receiver 2: \d+%/.test(line))).toHaveLength(2)
    expect(said.at(-1)).toBe('1 of 2')
  })
})
