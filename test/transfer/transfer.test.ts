import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { BLOCK_BYTES, RECEIVE_WINDOW_BYTES, STALL_TIMEOUT_MS } from '../../src/limits.ts'
import { CHUNK_HEADER_BYTES } from '../../src/transfer/encode-frame.ts'
import { FrameType } from '../../src/transfer/frame.ts'
import { memoryTransfer, outcomesOf, runMemoryTransfer } from './memory-transfer.ts'

const sizes = fc.oneof(
  fc.constantFrom(0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES),
  fc.integer({ min: 0, max: 5 * BLOCK_BYTES }),
)

const isChunk = (payload: Uint8Array) => payload[0] === FrameType.chunk

function flipped(payload: Uint8Array, at: number, bit: number): Uint8Array {
  const where = at % payload.length
  return payload.slice().with(where, (payload[where] ?? 0) ^ (1 << bit))
}

describe('a transfer', () => {
  it('saves exactly what was sent, whatever the sizes of file and messages', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 16 * 1024, max: 256 * 1024 }),
        async (bytes, maxPayloadBytes) => {
          const content = randomBytes(bytes)
          const run = await runMemoryTransfer({ content, maxPayloadBytes })
          expect([run.sent.status, run.received.status]).toEqual(['fulfilled', 'fulfilled'])
          expect(run.published).toBe(true)
          expect(Buffer.compare(run.saved, content)).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('ends in equal digests on both sides', async () => {
    const run = await runMemoryTransfer({ content: randomBytes(3_000_000) })
    if (run.sent.status === 'rejected' || run.received.status === 'rejected') throw new Error()
    expect(Buffer.compare(run.sent.value.digest, run.received.value.digest)).toBe(0)
    const file = (events: typeof run.events.sender) => events.find(({ event }) => event === 'file')
    expect(file(run.events.sender)).toEqual(file(run.events.receiver))
  })

  it('sends nothing twice while the receiver writes slowly', async () => {
    const content = randomBytes(BLOCK_BYTES + 5)
    const run = await runMemoryTransfer({ content, writeMs: 400 })
    expect(run.sent).toMatchObject({ value: { sentBytes: content.length } })
    expect(run.received).toMatchObject({ value: { receivedBytes: content.length } })
  })

  it('publishes nothing when a bit of the file was altered on its way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(99), fc.nat(), fc.nat(7), async (which, where, bit) => {
        let chunks = 0
        const run = await runMemoryTransfer({
          content: randomBytes(BLOCK_BYTES + 5),
          maxPayloadBytes: 64 * 1024,
          toReceiver: (payload) => {
            if (!isChunk(payload) || chunks++ !== which % 17) return [payload]
            const data = payload.subarray(CHUNK_HEADER_BYTES)
            return [flipped(payload, CHUNK_HEADER_BYTES + (where % data.length), bit)]
          },
        })
        expect(run.received).toMatchObject({ reason: { code: 'integrity' } })
        expect(run.sent).toMatchObject({ reason: { code: 'integrity' } })
        expect(run.published).toBe(false)
      }),
      { numRuns: 40 },
    )
  })

  it('saves the right bytes or none when any payload was altered on its way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(7), async (which, where, bit) => {
        const content = randomBytes(BLOCK_BYTES + 5)
        let count = 0
        const transfer = memoryTransfer({
          content,
          maxPayloadBytes: 64 * 1024,
          toReceiver: (payload) =>
            count++ === which % 20 ? [flipped(payload, where % 60, bit)] : [payload],
        })
        transfer.start()
        // A chunk that is taken for another one leaves a gap that nobody fills.
        const timer = setTimeout(() => transfer.receiver.fail(new ShareError('cancelled', '')), 300)
        const { received } = await outcomesOf(transfer)
        clearTimeout(timer)
        const isWhole = Buffer.compare(transfer.saved, content) === 0
        expect(transfer.published).toBe(received.status === 'fulfilled')
        expect(isWhole || !transfer.published).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps no more unwritten than the window, however slow the disk', async () => {
    let writing = 0
    let unwritten = 0
    let most = 0
    const content = randomBytes(2 * RECEIVE_WINDOW_BYTES)
    const run = await runMemoryTransfer({
      content,
      toReceiver: (payload) => {
        unwritten += payload.length > 1000 ? payload.length : 0
        most = Math.max(most, unwritten)
        return [payload]
      },
      sink: {
        write: async (_, __, parts) => {
          writing += 1
          if (writing % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
          unwritten -= parts.reduce((sum, part) => sum + part.length, 0)
        },
      },
    })
    expect(run.received.status).toBe('fulfilled')
    expect(most).toBeLessThan(RECEIVE_WINDOW_BYTES * 1.01 + BLOCK_BYTES)
  })

  it('sends nothing of the file before it is accepted', async () => {
    let accept = () => {}
    const read = vi.fn(async () => 10)
    const transfer = memoryTransfer({
      content: new Uint8Array(10),
      source: { read },
      accept: () => new Promise<void>((resolve) => (accept = resolve)),
    })
    transfer.start()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(read).not.toHaveBeenCalled()
    accept()
    await expect(transfer.sender.done).resolves.toMatchObject({ sentBytes: 10 })
  })
})

describe('failures', () => {
  const content = randomBytes(3 * BLOCK_BYTES)

  it.each([
    ['declined', 'declined', 'The receiver declined'],
    ['file-exists', 'declined', 'The receiver declined: there already is something of that name'],
    ['disk-full', 'declined', 'The receiver declined: there is not enough free space'],
  ] as const)('tell the sender that the offer was declined (%s)', async (code, there, message) => {
    const accept = async () => {
      throw new ShareError(code, 'secret words /home/someone')
    }
    const run = await runMemoryTransfer({ content, accept })
    expect(run.received).toMatchObject({ reason: { code } })
    expect(run.sent).toMatchObject({ reason: { code: there, message } })
  })

  it('tell the sender that the receiver could not write', async () => {
    const write = async () => {
      throw new ShareError('disk-full', 'No space left on /home/someone')
    }
    const run = await runMemoryTransfer({ content, sink: { write } })
    expect(run.received).toMatchObject({ reason: { code: 'disk-full' } })
    expect(run.sent).toMatchObject({
      reason: {
        code: 'cancelled',
        message: 'The receiver stopped: there is not enough free space',
      },
    })
  })

  it('tell the sender that the receiver could not publish', async () => {
    const publish = async () => {
      throw new ShareError('file-exists', 'There is one now')
    }
    const run = await runMemoryTransfer({ content, sink: { publish } })
    expect(run.received).toMatchObject({ reason: { code: 'file-exists' } })
    expect(run.sent).toMatchObject({ reason: { code: 'cancelled' } })
  })

  it('tell the receiver that the file changed', async () => {
    const finish = async () => {
      throw new ShareError('file-changed', 'It grew')
    }
    const run = await runMemoryTransfer({ content, source: { finish } })
    expect(run.sent).toMatchObject({ reason: { code: 'file-changed' } })
    expect(run.received).toMatchObject({
      reason: { message: 'The sender stopped: the file changed while it was being sent' },
    })
    expect(run.published).toBe(false)
  })

  it.each(['sender', 'receiver'] as const)(
    'reach the other side when the %s stops',
    async (who) => {
      const transfer = memoryTransfer({ content })
      transfer.start()
      transfer[who].fail(new ShareError('stopped-sigint', 'Stopped'))
      const outcomes = await Promise.allSettled([transfer.sender.done, transfer.receiver.done])
      const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)
      expect(codes.sort()).toEqual(['cancelled', 'stopped-sigint'])
    },
  )

  it('are an interruption when the lane ends, said or not', async () => {
    for (const error of [undefined, new ShareError('interrupted', 'The line broke')]) {
      const transfer = memoryTransfer({ content })
      transfer.start()
      transfer.cut(error)
      await expect(transfer.sender.done).rejects.toMatchObject({ code: 'interrupted' })
      await expect(transfer.receiver.done).rejects.toMatchObject({ code: 'interrupted' })
      expect(transfer.published).toBe(false)
    }
  })

  it('include a transfer in which nothing happens any more', async () => {
    vi.useFakeTimers()
    const transfer = memoryTransfer({ content, accept: () => new Promise(() => {}) })
    transfer.start()
    await vi.advanceTimersByTimeAsync(STALL_TIMEOUT_MS + 1000)
    vi.useRealTimers()
    await expect(transfer.sender.done).rejects.toMatchObject({ code: 'interrupted' })
    await expect(transfer.receiver.done).rejects.toMatchObject({ code: expect.any(String) })
  })
})
