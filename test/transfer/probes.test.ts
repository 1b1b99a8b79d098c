import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Probes } from '../../src/transfer/probes.ts'

describe('probes', () => {
  it('have a round trip each when they come back in order', () => {
    const probes = new Probes()
    const numbers = [0, 10, 20].map((atMs) => probes.send(atMs))
    expect(numbers.map((probe, at) => probes.answered(probe, 35 + 10 * at))).toEqual([35, 35, 35])
  })

  it('count only when they are the newest to come back, and once', () => {
    const probes = new Probes()
    const [first, second] = [probes.send(0), probes.send(10)]
    expect(probes.answered(second, 50)).toBe(40)
    expect(probes.answered(first, 51)).toBeUndefined()
    expect(probes.answered(second, 52)).toBeUndefined()
    expect(probes.answered(12345, 53)).toBeUndefined()
  })

  it('are overdue since the oldest was sent that nothing has come back for', () => {
    const probes = new Probes()
    expect(probes.unansweredSinceMs).toBeUndefined()
    const [first, second] = [probes.send(100), probes.send(115), probes.send(130)]
    expect(probes.unansweredSinceMs).toBe(100)
    probes.answered(first, 200)
    expect(probes.unansweredSinceMs).toBe(115)
    probes.answered(second, 210)
    expect(probes.unansweredSinceMs).toBe(130)
  })

  it('are no longer overdue when the last one comes back, whichever were lost', () => {
    const probes = new Probes()
    const last = [0, 15, 30].map((atMs) => probes.send(atMs)).at(-1) ?? -1
    probes.answered(last, 60)
    expect(probes.unansweredSinceMs).toBeUndefined()
    probes.send(90)
    expect(probes.unansweredSinceMs).toBe(90)
  })

  it('are overdue since the first of a long silence, though not all are remembered', () => {
    const probes = new Probes()
    const numbers = Array.from({ length: 1000 }, (_, at) => probes.send(15 * at))
    expect(probes.unansweredSinceMs).toBe(0)
    expect(probes.answered(numbers[0] ?? -1, 15_000)).toBeUndefined()
    expect(probes.answered(numbers[990] ?? -1, 15_000)).toBe(15_000 - 990 * 15)
  })

  it('have the round trip that they took, whatever is lost or overtaken', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(200)), { maxLength: 100 }), (delays) => {
        const probes = new Probes()
        const sent = delays.map((delayMs, at) => ({ probe: probes.send(15 * at), delayMs, at }))
        const answers = sent.flatMap(({ probe, delayMs, at }) =>
          delayMs === null ? [] : [{ probe, delayMs, atMs: 15 * at + delayMs }],
        )
        let newest = -1
        for (const { probe, delayMs, atMs } of answers.sort((a, b) => a.atMs - b.atMs)) {
          expect(probes.answered(probe, atMs)).toBe(probe > newest ? delayMs : undefined)
          newest = Math.max(newest, probe)
        }
      }),
    )
  })
})
