import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { BLOCK_BYTES } from '../../src/limits.ts'
import { RateLimit } from '../../src/transfer/rate-limit.ts'
import { memoryTransfer, outcomesOf, runMemoryTransfer } from './memory-transfer.ts'

const BYTES_PER_SECOND = 1_000_000
const LATEST_TICK_MS = 20

/** What each of `count` transfers sends that always have something to send, in messages of `bytes`. */
function sentBy(count: number, bytes: number, ticksMs: readonly number[]): number[] {
  const limit = new RateLimit(BYTES_PER_SECOND)
  const shares = Array.from({ length: count }, () => ({ share: limit.join(), sentBytes: 0 }))
  let nowMs = 0
  for (const tickMs of [0, ...ticksMs]) {
    nowMs += tickMs
    for (const each of shares) {
      while (each.share.mayCarry(nowMs)) {
        each.share.sent(bytes)
        each.sentBytes += bytes
      }
    }
  }
  return shares.map(({ sentBytes }) => sentBytes)
}

const ticks = (maxMs: number) =>
  fc.array(fc.double({ min: 0.1, max: maxMs, noNaN: true }), { minLength: 1, maxLength: 400 })
const messageBytes = fc.integer({ min: 1000, max: 256 * 1024 })
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

describe('a rate limit', () => {
  it('is exceeded by no more than a message each and what a late timer makes up for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), messageBytes, ticks(100), (count, bytes, all) => {
        const allowedBytes = (sum(all) * BYTES_PER_SECOND) / 1000
        const slackBytes = count * bytes + (LATEST_TICK_MS * BYTES_PER_SECOND) / 1000
        expect(sum(sentBy(count, bytes, all))).toBeLessThanOrEqual(allowedBytes + slackBytes + 1)
      }),
    )
  })

  it('is used up as long as timers are not later than 20 ms', () => {
    fc.assert(
      fc.property(messageBytes, ticks(LATEST_TICK_MS), (bytes, all) => {
        const allowedBytes = (sum(all) * BYTES_PER_SECOND) / 1000
        expect(sum(sentBy(1, bytes, all))).toBeGreaterThanOrEqual(allowedBytes - 1)
      }),
    )
  })

  it('is shared out evenly, whoever is asked first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), messageBytes, ticks(50), (count, bytes, all) => {
        const sent = sentBy(count, bytes, all)
        expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(bytes)
      }),
    )
  })

  it('belongs to those who stay when one leaves', () => {
    const limit = new RateLimit(BYTES_PER_SECOND)
    const [left, kept] = [limit.join(), limit.join()]
    expect([left.mayCarry(0), kept.mayCarry(0)]).toEqual([true, true])
    kept.sent(10_000)
    expect(kept.mayCarry(10)).toBe(false)
    left.leave()
    left.leave()
    expect(kept.mayCarry(15)).toBe(true)
  })

  it.each([0, 999, -1, Number.NaN, 1500.5])('is a usage error at %d bytes a second', (rate) => {
    expect(() => new RateLimit(rate)).toThrow('A limit is 1000 bytes a second or more')
  })
})

describe('a transfer with a limit', () => {
  const content = randomBytes(BLOCK_BYTES)

  it.each([
    ['of the sender', { sender: 2 * BLOCK_BYTES }],
    ['of the receiver', { receiver: 2 * BLOCK_BYTES }],
    ['of both, of which the lower counts', { sender: 64 * BLOCK_BYTES, receiver: 2 * BLOCK_BYTES }],
  ])('%s takes as long as that', async (_, limits) => {
    const beganMs = performance.now()
    const run = await runMemoryTransfer({ content, limits })
    expect([run.sent.status, run.received.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(performance.now() - beganMs).toBeGreaterThan(450)
  })

  it('keeps it over the lanes of the next session', async () => {
    const beganMs = performance.now()
    let lost = 0
    const transfer = memoryTransfer({
      content,
      limits: { receiver: 2 * BLOCK_BYTES },
      onLost: () => {
        lost += 1
        if (lost === 2) transfer.reconnect()
      },
    })
    transfer.start()
    setTimeout(() => transfer.cut(new ShareError('interrupted', 'The line broke')), 100)
    const { sent, received } = await outcomesOf(transfer)
    expect([lost, sent.status, received.status]).toEqual([2, 'fulfilled', 'fulfilled'])
    expect(performance.now() - beganMs).toBeGreaterThan(450)
  })
})
