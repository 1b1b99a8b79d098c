import { describe, expect, it } from 'vitest'
import { Findings } from '../../src/diagnosis/findings.ts'
import { limited } from '../../src/diagnosis/limited.ts'
import { ShareError } from '../../src/errors.ts'
import type { CheckName, DoctorEvent, Verdict } from '../../src/events.ts'

const check = (name: CheckName, verdict: Verdict, bytes?: number) => ({
  name,
  verdict,
  message: `About ${name}`,
  hint: '',
  ...(bytes !== undefined && { bytes }),
})

describe('findings', () => {
  it('are told and counted', () => {
    const events: DoctorEvent[] = []
    const findings = new Findings((event) => events.push(event), new AbortController().signal)
    findings.add(check('engine', 'ok'))
    findings.add(check('udp', 'warning'))
    findings.add(check('nat', 'skipped'))
    const summary = findings.finish()
    expect(summary).toMatchObject({ ok: 1, warnings: 1, failed: 0, skipped: 1 })
    expect(events.map(({ event }) => event)).toEqual(['check', 'check', 'check', 'done'])
    expect(findings.failure).toBeUndefined()
  })

  it.each<[ReturnType<typeof check>, string, number]>([
    [check('engine', 'failed'), 'internal', 1],
    [check('rendezvous', 'failed'), 'no-rendezvous', 10],
    [check('certificate', 'failed'), 'no-rendezvous', 10],
    [check('free-space', 'failed', 0), 'disk-full', 8],
    [check('free-space', 'failed'), 'file-failed', 8],
    [check('throughput', 'failed'), 'no-path', 5],
    [check('path', 'failed'), 'no-path', 5],
  ])('fail with what the first one that failed means: %j', (failed, code, exit) => {
    const findings = new Findings(() => {}, new AbortController().signal)
    for (const each of [check('clock', 'warning'), failed, check('path', 'failed')])
      findings.add(each)
    expect(findings.failure).toMatchObject({ code, exit, message: failed.message })
  })

  it('are no more once the doctor is stopped', () => {
    const stop = new AbortController()
    const findings = new Findings(() => {}, stop.signal)
    stop.abort(new ShareError('stopped-sigint', 'Stopped'))
    expect(() => findings.add(check('udp', 'warning'))).toThrow('Stopped')
  })
})

describe('a limit', () => {
  const never = () => new Promise<string>(() => {})

  it('ends what takes too long, and tells it so', async () => {
    let given: AbortSignal | undefined
    const { signal } = new AbortController()
    const run = (until: AbortSignal) => {
      given = until
      return never()
    }
    expect(await limited(20, signal, run, () => 'late')).toBe('late')
    expect(given?.aborted).toBe(true)
  })

  it('ends what takes too long with an error, if it is told to', async () => {
    const { signal } = new AbortController()
    const expired = () => {
      throw new ShareError('no-path', 'late')
    }
    await expect(limited(20, signal, never, expired)).rejects.toThrow('late')
  })

  it('lets through what is there in time', async () => {
    const { signal } = new AbortController()
    expect(
      await limited(
        1000,
        signal,
        async () => 'early',
        () => 'late',
      ),
    ).toBe('early')
  })

  it('ends at once when all is stopped', async () => {
    const stop = new AbortController()
    const waiting = limited(10_000, stop.signal, never, () => 'late')
    stop.abort(new ShareError('stopped-sigint', 'Stopped'))
    await expect(waiting).rejects.toMatchObject({ code: 'stopped-sigint' })
  })
})
