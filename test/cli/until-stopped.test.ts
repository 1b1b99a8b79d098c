import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { untilStopped } from '../../src/cli/until-stopped.ts'
import { ShareError } from '../../src/errors.ts'

const forever = () => new Promise<never>(() => {})
const stopped = new ShareError('stopped-sigint', 'Stopped')

describe('untilStopped', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('passes on what the command comes to', async () => {
    const { signal } = new AbortController()
    expect(await untilStopped(Promise.resolve(7), 2000, signal)).toBe(7)
    const failure = new ShareError('no-path', 'No way')
    await expect(untilStopped(Promise.reject(failure), 2000, signal)).rejects.toBe(failure)
  })

  it('gives a stopped command its time', async () => {
    const controller = new AbortController()
    const running = new Promise((resolve) => setTimeout(() => resolve('clean'), 1999))
    const result = untilStopped(running, 2000, controller.signal)
    controller.abort(stopped)
    await vi.advanceTimersByTimeAsync(1999)
    expect(await result).toBe('clean')
  })

  it.each([true, false])(
    'ends without a command that hangs (stopped before: %s)',
    async (before) => {
      const controller = new AbortController()
      if (before) controller.abort(stopped)
      const result = untilStopped(forever(), 2000, controller.signal)
      const ended = expect(result).rejects.toBe(stopped)
      controller.abort(stopped)
      await vi.advanceTimersByTimeAsync(2000)
      await ended
    },
  )
})
