import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { LOOKOUT_DELAY_MS } from '../../src/limits.ts'
import { Lookout } from '../../src/session/lookout.ts'
import type { Place } from '../../src/session/place.ts'
import type { Session } from '../../src/session/session.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

class FakePlace implements Place {
  isEstablished = false
  isSpent = false
  isClosed = false
  resolve: (session: Session) => void = () => {}
  reject: (error: ShareError) => void = () => {}
  readonly session = new Promise<Session>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })

  constructor() {
    this.session.catch(() => {})
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.reject(new ShareError('cancelled', 'Closed'))
  }
}

/** A session of which only the end matters. */
function fakeSession() {
  const end = vi.fn()
  const session = { close: end } as unknown as Session
  return { session, end }
}

function lookOut({ guessable = true, delayMs = 0, open = (): Place | Error => new FakePlace() }) {
  const places: FakePlace[] = []
  const onSession = vi.fn()
  const onSpent = vi.fn()
  const opened = vi.fn(open)
  const lookout = new Lookout({
    open: () => {
      const place = opened()
      if (place instanceof Error) throw place
      places.push(place as FakePlace)
      return place
    },
    delayMs,
    onSession,
    ...(guessable && { onSpent }),
  })
  const last = () => places.at(-1) ?? new FakePlace()
  return { lookout, places, last, opened, onSession, onSpent }
}

const lost = () => new ShareError('no-rendezvous', 'Lost')

describe('a lookout', () => {
  it('hands over each session, and leaves the place for a while after it', async () => {
    const { places, last, onSession } = lookOut({})
    for (let met = 1; met <= 3; met += 1) {
      await vi.advanceTimersByTimeAsync(LOOKOUT_DELAY_MS)
      const { session } = fakeSession()
      last().resolve(session)
      await vi.advanceTimersByTimeAsync(0)
      expect(onSession.mock.calls.length).toBe(met)
      expect(onSession).toHaveBeenLastCalledWith(session)
      expect(places.every(({ isClosed }) => isClosed)).toBe(true)
    }
    expect(places).toHaveLength(3)
  })

  it('takes the place up again whatever becomes of it, and not too often', async () => {
    const { last, opened } = lookOut({})
    for (let minute = 0; minute < 10; minute += 1) {
      await vi.advanceTimersByTimeAsync(60_000)
      last().reject(lost())
    }
    expect(opened).toHaveBeenCalledTimes(10)
    const { opened: unreachable } = lookOut({ open: () => lost() })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(unreachable.mock.calls.length).toBeGreaterThan(10)
    expect(unreachable.mock.calls.length).toBeLessThan(20)
  })

  it('comes to the place later where it is told to, and at once when there is need', async () => {
    const { lookout, opened } = lookOut({ delayMs: 10_000 })
    await vi.advanceTimersByTimeAsync(9000)
    expect(opened).not.toHaveBeenCalled()
    lookout.hurry()
    await vi.advanceTimersByTimeAsync(0)
    expect(opened).toHaveBeenCalledTimes(1)
  })

  it('never comes back to a place where its secret was guessed at', async () => {
    const { last, opened, onSpent } = lookOut({})
    await vi.advanceTimersByTimeAsync(0)
    last().isSpent = true
    last().reject(new ShareError('wrong-code', 'Wrong'))
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(opened).toHaveBeenCalledTimes(1)
    expect(onSpent).toHaveBeenCalledTimes(1)
  })

  it('comes back where nobody can guess the secret', async () => {
    const { last, opened } = lookOut({ guessable: false })
    await vi.advanceTimersByTimeAsync(0)
    last().isSpent = true
    last().reject(new ShareError('wrong-code', 'Wrong'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(opened).toHaveBeenCalledTimes(2)
  })

  it('tells of a guess that it is closed in the middle of', async () => {
    const { lookout, last, onSpent } = lookOut({})
    await vi.advanceTimersByTimeAsync(0)
    last().isSpent = true
    await lookout.close()
    expect(onSpent).toHaveBeenCalledTimes(1)
  })

  it('does not leave in the middle of a greeting when it retires', async () => {
    const { lookout, last, opened, onSession, onSpent } = lookOut({})
    await vi.advanceTimersByTimeAsync(0)
    last().isSpent = true
    const retiring = lookout.retire()
    await vi.advanceTimersByTimeAsync(1000)
    expect(last().isClosed).toBe(false)
    last().isSpent = false
    last().reject(new ShareError('cancelled', 'Not wanted here'))
    await retiring
    await vi.advanceTimersByTimeAsync(60_000)
    expect(opened).toHaveBeenCalledTimes(1)
    expect(onSession).not.toHaveBeenCalled()
    expect(onSpent).not.toHaveBeenCalled()
  })

  it('leaves at once when it retires and nobody was greeted', async () => {
    const { lookout, last, opened } = lookOut({})
    await vi.advanceTimersByTimeAsync(0)
    await lookout.retire()
    expect(last().isClosed).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(opened).toHaveBeenCalledTimes(1)
  })

  it('can be closed while it retires', async () => {
    const { lookout, last } = lookOut({})
    await vi.advanceTimersByTimeAsync(0)
    last().isSpent = true
    const retiring = lookout.retire()
    await lookout.close()
    await retiring
    expect(last().isClosed).toBe(true)
  })

  it('is gone when it is closed, and closes a session that comes too late', async () => {
    const { lookout, last, opened, onSession } = lookOut({})
    await vi.advanceTimersByTimeAsync(0)
    const { session, end } = fakeSession()
    last().resolve(session)
    await lookout.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(opened).toHaveBeenCalledTimes(1)
    expect(onSession).not.toHaveBeenCalled()
    expect(end).toHaveBeenCalled()
    expect(last().isClosed).toBe(true)
  })
})
