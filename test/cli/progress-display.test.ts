import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ProgressDisplay } from '../../src/cli/progress-display.ts'
import { FakeOutput } from './fake-streams.ts'
import { code, connected, done, offer, progress } from './recorded-events.ts'

const view = { role: 'sender', namesRendezvous: false, asks: false } as const

function displayOn(columns: number): { output: FakeOutput; display: ProgressDisplay } {
  const output = new FakeOutput(columns)
  return { output, display: new ProgressDisplay(output, view, (_format, text) => text) }
}

/** Progress every 200 ms, so many percent at a time. */
function advance(display: ProgressDisplay, from: number, to: number, step: number): void {
  for (let share = from; share <= to; share += step) {
    display.onEvent(progress(share))
    vi.advanceTimersByTime(200)
  }
}

describe('ProgressDisplay', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('draws a bar below the lines, and takes it away when the transfer is done', () => {
    const { output, display } = displayOn(80)
    for (const event of [code, connected, offer]) display.onEvent(event)
    advance(display, 0, 50, 5)
    expect(output.rows.at(-1)).toMatch(
      /^ 50% {2}\[=+> +] {2}50\.0 of 100\.0 MiB .* direct udp {2}1 lane$/,
    )
    advance(display, 50, 100, 5)
    display.onEvent(done)
    display.close()
    display.say('Sent a.zip.')
    expect(output.rows.slice(-3)).toEqual(['Offered a.zip (100.0 MiB).', 'Sent a.zip.', ''])
    expect(output.text.slice(output.text.lastIndexOf('100%'))).toMatch(/\u001b\[0?J/)
  })

  it.each([20, 40, 80, 200])('keeps every row of the bar within %d columns', (columns) => {
    const { output, display } = displayOn(columns)
    display.onEvent(connected)
    advance(display, 0, 100, 1)
    display.close()
    const drawn = output.writes.filter((text) => /^ *\d+%/.test(text))
    expect(drawn.length).toBeGreaterThan(10)
    for (const row of drawn) expect(row.trimEnd().length).toBeLessThan(columns)
  })

  it('follows the width of the terminal', () => {
    const { output, display } = displayOn(120)
    advance(display, 0, 50, 10)
    output.columns = 30
    output.writes.length = 0
    advance(display, 50, 80, 10)
    display.close()
    const drawn = output.writes.filter((text) => /^ *\d+%/.test(text))
    expect(drawn.length).toBeGreaterThan(2)
    for (const row of drawn) expect(row.trimEnd().length).toBeLessThan(30)
  })

  it('redraws at most ten times a second', () => {
    const { output, display } = displayOn(80)
    for (let share = 0; share < 100; share += 0.05) {
      display.onEvent(progress(share))
      vi.advanceTimersByTime(1)
    }
    display.close()
    const drawn = output.writes.filter((text) => /^ *\d+%/.test(text))
    expect(drawn.length).toBeGreaterThan(10)
    expect(drawn.length).toBeLessThanOrEqual(21)
  })

  it('draws no bar for a transfer that ends at once', () => {
    const { output, display } = displayOn(80)
    display.onEvent(progress(0))
    vi.advanceTimersByTime(300)
    display.onEvent(progress(100))
    display.onEvent(done)
    display.close()
    expect(output.text).toBe('')
  })

  it('takes an empty file in its stride', () => {
    const { output, display } = displayOn(80)
    display.onEvent({
      event: 'progress',
      bytes: 0,
      total: 0,
      bytesPerSecond: 0,
      lanes: 1,
      transports: ['udp'],
    })
    vi.advanceTimersByTime(1000)
    display.onEvent({
      event: 'progress',
      bytes: 0,
      total: 0,
      bytesPerSecond: 0,
      lanes: 1,
      transports: ['udp'],
    })
    vi.advanceTimersByTime(1000)
    display.close()
    expect(output.rows.at(-2)).toMatch(/^100% {2}\[=+] {2}0 of 0 B/)
  })

  it('says that a transfer has stalled, without an event to tell it', () => {
    const { output, display } = displayOn(80)
    advance(display, 0, 50, 10)
    vi.advanceTimersByTime(5000)
    expect(output.rows.at(-1)).toContain('no data for 5 s')
    advance(display, 60, 60, 1)
    expect(output.rows.at(-1)).not.toContain('no data')
    display.close()
  })

  it('writes a warning above the bar', () => {
    const { output, display } = displayOn(80)
    advance(display, 0, 50, 10)
    display.onEvent({ event: 'warning', message: 'A third party tried \u001b[2J the code' })
    vi.advanceTimersByTime(200)
    expect(output.rows.at(-2)).toBe('Warning: A third party tried \\u{1b}[2J the code.')
    expect(output.rows.at(-1)).toMatch(/^ 50%/)
    display.close()
  })

  it('leaves the last state and a fresh line behind when a transfer breaks off', () => {
    const { output, display } = displayOn(80)
    advance(display, 0, 50, 10)
    display.close()
    display.close()
    expect(output.rows.at(-2)).toMatch(/^ 50%/)
    expect(output.rows.at(-1)).toBe('')
  })

  it('changes no setting of the terminal', () => {
    const { output, display } = displayOn(80)
    advance(display, 0, 100, 10)
    display.close()
    expect(output.text).not.toMatch(/\u001b\[\?|\u001b[78]/)
  })
})
