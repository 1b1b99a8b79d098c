import { describe, expect, it } from 'vitest'
import { ProcessorMeter } from '../../src/compression/processor-meter.ts'

function meterOn(times: { ownMs: number; idleMs: number }[], maxProcessors = 4) {
  let reading = -1
  const clock = { nowMs: 0 }
  const meter = new ProcessorMeter({
    now: () => clock.nowMs,
    times: () => {
      reading += 1
      return times[reading] ?? { ownMs: 0, idleMs: 0 }
    },
    maxProcessors,
  })
  return { meter, clock }
}

describe('a processor meter', () => {
  it('counts what the process used, and with it what was idle', () => {
    const { meter, clock } = meterOn([
      { ownMs: 100, idleMs: 5000 },
      { ownMs: 350, idleMs: 5250 },
      { ownMs: 350, idleMs: 6000 },
    ])
    clock.nowMs = 500
    expect(meter.read()).toEqual({ processorMs: 250, availableProcessors: 1 })
    clock.nowMs = 1000
    expect(meter.read()).toEqual({ processorMs: 0, availableProcessors: 1.5 })
  })

  it('never tells of more processors than the process may use, nor of none', () => {
    const { meter, clock } = meterOn(
      [
        { ownMs: 0, idleMs: 0 },
        { ownMs: 100, idleMs: 64_000 },
        { ownMs: 100, idleMs: 64_000 },
      ],
      2,
    )
    clock.nowMs = 1000
    expect(meter.read().availableProcessors).toBe(2)
    clock.nowMs = 2000
    expect(meter.read().availableProcessors).toBeGreaterThan(0)
  })

  it('sees the work of this process', () => {
    const meter = new ProcessorMeter({ now: () => performance.now() })
    const untilMs = performance.now() + 100
    while (performance.now() < untilMs) Math.sqrt(untilMs)
    const { processorMs, availableProcessors } = meter.read()
    expect(processorMs).toBeGreaterThan(10)
    expect(availableProcessors).toBeGreaterThanOrEqual(0.1)
  })
})
