import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { LARGE_TRANSFER_BYTES, MIB } from '../../src/limits.ts'
import { encodeFrame } from '../../src/transfer/encode-frame.ts'
import { FrameType } from '../../src/transfer/frame.ts'
import {
  type MemoryTransfer,
  type MemoryTransferInit,
  memoryTransfer,
  outcomesOf,
} from './memory-transfer.ts'
import { seededRandom } from './seeded-random.ts'

const content = randomBytes(LARGE_TRANSFER_BYTES + 5)
const interrupted = new ShareError('interrupted', 'The line broke')
/** Keeps a transfer from ending before its test has done something to it. */
const stuckDisk = { write: () => new Promise<void>(() => {}) }
const isChunk = (payload: Uint8Array) => payload[0] === FrameType.chunk
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Runs a transfer of `content` that both sides must end well; says how much was sent. */
async function runToSuccess(
  init: Partial<MemoryTransferInit>,
  meanwhile: (transfer: MemoryTransfer) => void = () => {},
) {
  const transfer = memoryTransfer({ content, ...init })
  transfer.start()
  meanwhile(transfer)
  const { sent, received } = await outcomesOf(transfer)
  if (sent.status === 'rejected') throw sent.reason
  if (received.status === 'rejected') throw received.reason
  expect(transfer.published).toBe(true)
  expect(Buffer.compare(transfer.saved, init.content ?? content)).toBe(0)
  return { ...transfer, sentBytes: sent.value.sentBytes }
}

describe('a transfer over several lanes', () => {
  it('uses as many as it is told to, and keeps all but chunks on the first', async () => {
    const types = new Map<number, Set<number | undefined>>()
    const { lanes } = await runToSuccess({
      fixedLanes: 3,
      delayMs: () => 1,
      onSend: (payload, lane) => types.set(lane, (types.get(lane) ?? new Set()).add(payload[0])),
    })
    expect(lanes.all).toHaveLength(1 + 3)
    for (const lane of [1, 2, 3]) expect([...(types.get(lane) ?? [])]).toEqual([FrameType.chunk])
  })

  it('stays on the first lane when it is told to, or when there is little to send', async () => {
    const one = await runToSuccess({ fixedLanes: 1, opens: () => true })
    const small = await runToSuccess({ content: content.subarray(0, MIB), opens: () => true })
    expect([one.lanes.all.length, small.lanes.all.length]).toEqual([1, 1])
  })

  it('gets by without any further lane', async () => {
    await runToSuccess({ fixedLanes: 4, opens: () => false })
  })

  it('opens a lane over TCP by itself, and prefers it on a short path', async () => {
    let chunks = 0
    const { lanes } = await runToSuccess({
      opens: (transport) => transport === 'tcp',
      accept: () => pause(20),
      onSend: (payload, lane) => {
        if (isChunk(payload) && lane > 0) chunks += 1
      },
    })
    expect(lanes.all.map(({ transport }) => transport)).toEqual(['udp', 'tcp'])
    expect(chunks).toBeGreaterThan(0)
  })

  it('goes straight as soon as it can where it began over a relay', async () => {
    const chunks = new Map<number, number>()
    const { lanes } = await runToSuccess({
      isRelayed: true,
      opens: (transport) => transport === 'udp',
      // So long until it is looked for.
      accept: () => pause(4000),
      onSend: (payload, lane) => {
        if (isChunk(payload)) chunks.set(lane, (chunks.get(lane) ?? 0) + 1)
      },
    })
    expect(lanes.all.slice(0, 2).map(({ path }) => path)).toEqual(['relay', 'direct'])
    expect(chunks.get(1)).toBeGreaterThan(3)
  })

  it('sends all that is left straight, also slowly, where it began over a relay', async () => {
    const bytes = new Map<number, number>()
    await runToSuccess({
      isRelayed: true,
      opens: (transport) => transport === 'udp',
      accept: () => pause(4000),
      limits: { sender: 2 * LARGE_TRANSFER_BYTES },
      onSend: (payload, lane) => {
        if (isChunk(payload)) bytes.set(lane, (bytes.get(lane) ?? 0) + payload.length)
      },
    })
    expect(bytes.get(0) ?? 0).toBeLessThan(content.length / 10)
  })

  it('keeps one direct lane while there is nothing to carry and the first is over a relay', async () => {
    vi.useFakeTimers()
    try {
      const transfer = memoryTransfer({
        content,
        isRelayed: true,
        source: { read: () => new Promise(() => {}) },
      })
      transfer.start()
      await vi.advanceTimersByTimeAsync(60_000)
      expect(transfer.lanes.all.map(({ path }) => path)).toEqual(['relay', 'direct'])
      expect(transfer.lanes.open).toHaveLength(2)
      transfer.cut()
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not look for a direct path where none is wanted', async () => {
    const asked: string[] = []
    await runToSuccess({
      isRelayed: true,
      mayBeDirect: false,
      opens: (transport) => asked.push(transport) > 0,
      accept: () => pause(4000),
    })
    expect(asked.filter((transport) => transport !== 'any')).toEqual([])
  })

  it('puts together what overtakes itself from lane to lane', async () => {
    const random = seededRandom(1)
    const arrived: number[] = []
    await runToSuccess({
      fixedLanes: 4,
      delayMs: () => 4 * random(),
      toReceiver: (payload, lane) => {
        if (isChunk(payload)) arrived.push(lane)
        return [payload]
      },
    })
    expect(new Set(arrived).size).toBeGreaterThan(3)
  })

  it('bears that the first lane is overtaken by the others from the beginning', async () => {
    await runToSuccess({ fixedLanes: 2, delayMs: (lane) => (lane === 0 ? 30 : 0) })
  })

  it('goes on while probes and reports get lost', async () => {
    const random = seededRandom(2)
    await runToSuccess({
      fixedLanes: 2,
      probeDelayMs: () => (random() < 0.5 ? undefined : 3 * random()),
    })
  })

  it('sends once more what was on its way when a lane died', async () => {
    const lost: number[] = []
    const { sentBytes } = await runToSuccess(
      {
        fixedLanes: 2,
        delayMs: () => 2,
        onSend: (payload, lane) => {
          if (lane !== 1 || lost.length === 5) return
          lost.push(payload.length)
        },
        toReceiver: (payload, lane) => (lane === 1 ? [] : [payload]),
      },
      ({ lanes }) => {
        const timer = setInterval(() => {
          if (lost.length < 5) return
          clearInterval(timer)
          lanes.all[1]?.kill(interrupted)
        }, 1)
      },
    )
    expect(sentBytes).toBeGreaterThan(content.length)
  })

  it('sends elsewhere what is late in the end, and takes whichever copy comes first', async () => {
    let onOne = 0
    const { sentBytes, lanes } = await runToSuccess(
      {
        fixedLanes: 2,
        delayMs: () => 1,
        onSend: (payload, lane) => {
          if (isChunk(payload) && lane === 1) onOne += 1
        },
      },
      (transfer) => {
        const timer = setInterval(() => {
          if (onOne >= 3) transfer.lanes.all[1]?.stall()
          if (!transfer.published) return
          clearInterval(timer)
          transfer.lanes.all[1]?.resume()
        }, 1)
      },
    )
    expect(sentBytes).toBeGreaterThan(content.length)
    expect(lanes.all[1]?.isOpen).toBe(true)
  })

  it('replaces a lane that delivers nothing while the path is alive', async () => {
    const { lanes } = await runToSuccess({ fixedLanes: 2, writeMs: 1500 }, (transfer) => {
      const timer = setInterval(() => {
        const lane = transfer.lanes.all[1]
        if (lane === undefined) return
        clearInterval(timer)
        lane.stall()
      }, 1)
    })
    expect(lanes.all[1]?.isOpen).toBe(false)
    expect(lanes.all.length).toBeGreaterThan(3)
  })

  it('ends well whatever becomes of its lanes but the first', async () => {
    const fate = fc.record({
      atMs: fc.nat(60),
      lane: fc.nat(6),
      what: fc.constantFrom('kill' as const, 'stall' as const, 'resume' as const),
    })
    const setting = fc.record({ fixedLanes: fc.integer({ min: 2, max: 5 }), seed: fc.nat() })
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 10 }), setting, async (fates, setting) => {
        const random = seededRandom(setting.seed)
        await runToSuccess(
          {
            fixedLanes: setting.fixedLanes,
            delayMs: () => 3 * random(),
            probeDelayMs: () => (random() < 0.1 ? undefined : random()),
            opens: () => random() < 0.8,
          },
          ({ lanes }) => {
            for (const { atMs, lane, what } of fates) {
              setTimeout(() => {
                if (what !== 'kill') lanes.all[lane]?.[what]()
                else if (lane > 0) lanes.all[lane]?.kill(interrupted)
              }, atMs)
            }
            setTimeout(() => lanes.all[0]?.resume(), 100)
          },
        )
      }),
      { numRuns: 25 },
    )
  }, 60_000)

  it.each([
    ['interrupted', interrupted],
    ['interrupted', undefined],
    ['integrity', new ShareError('integrity', 'Data was altered on its way')],
  ])('ends with its first lane, as %s', async (code, error) => {
    const transfer = memoryTransfer({ content, fixedLanes: 3, delayMs: () => 1, sink: stuckDisk })
    transfer.start()
    await vi.waitFor(() => expect(transfer.lanes.all).toHaveLength(4))
    await pause(5)
    transfer.cut(error)
    const { sent, received } = await outcomesOf(transfer)
    expect([sent, received]).toMatchObject([{ reason: { code } }, { reason: { code } }])
    expect(transfer.published).toBe(false)
  })

  it.each(['sender', 'receiver'] as const)(
    'ends when the %s hears on a further lane what belongs on the first',
    async (who) => {
      const transfer = memoryTransfer({ content, fixedLanes: 2, delayMs: () => 1, sink: stuckDisk })
      transfer.start()
      await vi.waitFor(() => expect(transfer.lanes.all).toHaveLength(3))
      const lane = transfer.lanes.all[1]
      const lie = encodeFrame({ type: 'abort', code: 'declined' })
      if (who === 'sender') lane?.receiver.send(lie)
      else lane?.sender.send(lie)
      const outcomes = await outcomesOf(transfer)
      expect(outcomes).toMatchObject({
        sent: { reason: { code: 'protocol' } },
        received: { reason: { code: 'protocol' } },
      })
    },
  )

  it('ends when a lane turns out not to lead to the other side', async () => {
    const transfer = memoryTransfer({
      content,
      fixedLanes: 2,
      opens: () => {
        throw new ShareError('integrity', 'somebody else')
      },
    })
    transfer.start()
    const { sent } = await outcomesOf(transfer)
    expect(sent).toMatchObject({ reason: { code: 'integrity' } })
  })

  it('ends when its first lane refuses to take more than the engine holds', async () => {
    let taken = 0
    const transfer = memoryTransfer({
      content,
      fixedLanes: 1,
      onSend: (payload) => {
        taken += payload.length
        if (taken > MIB) throw new ShareError('protocol', 'That is more than had arrived')
      },
    })
    transfer.start()
    const sent = await transfer.sender.done.catch((error) => error)
    expect(sent).toMatchObject({ code: 'protocol' })
    transfer.cut()
  })

  it('keeps the lanes it opened while somebody was asked, however long that took', async () => {
    vi.useFakeTimers()
    try {
      const transfer = memoryTransfer({
        content,
        probeDelayMs: () => 10,
        accept: () => pause(60_000),
        source: { read: () => pause(100).then(() => MIB) },
      })
      transfer.start()
      await vi.advanceTimersByTimeAsync(59_000)
      const before = transfer.lanes.open
      await vi.advanceTimersByTimeAsync(1100)
      expect(before.length).toBeGreaterThan(1)
      expect(transfer.lanes.open).toEqual(expect.arrayContaining(before))
      transfer.cut()
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not give up and make anew the lanes it was told to have', async () => {
    vi.useFakeTimers()
    try {
      const transfer = memoryTransfer({
        content,
        fixedLanes: 3,
        writeMs: 60_000,
      })
      transfer.start()
      await vi.advanceTimersByTimeAsync(50_000)
      expect(transfer.lanes.all).toHaveLength(1 + 3)
      transfer.cut()
    } finally {
      vi.useRealTimers()
    }
  })
})
