import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { BLOCK_BYTES } from '../../src/limits.ts'
import { ControlStream } from '../../src/transfer/control-stream.ts'
import { decodeFrame } from '../../src/transfer/decode-frame.ts'
import { type MemoryTransferInit, memoryTransfer, outcomesOf } from './memory-transfer.ts'
import type { MemoryTree } from './memory-tree.ts'
import { remains } from './remains.ts'

/** Runs a transfer whose connection is cut after each of so many messages. */
async function runWithCuts(init: MemoryTransferInit, cutsAfter: readonly number[]) {
  const cuts = [...cutsAfter]
  let messages = 0
  let losses = 0
  let isSaved = false
  const lostBy = new Set<string>()
  const transfer = memoryTransfer({
    ...init,
    onSend: () => {
      messages += 1
      const [next] = cuts
      if (next === undefined || messages < next) return
      cuts.shift()
      messages = 0
      setImmediate(() => transfer.cut(new ShareError('interrupted', 'The line broke')))
    },
    onLost: (who) => {
      if (who === 'sender') losses += 1
      lostBy.add(who)
      setImmediate(() => {
        if (!lostBy.has('sender') || (!lostBy.has('receiver') && !isSaved)) return
        lostBy.clear()
        transfer.reconnect(isSaved)
      })
    },
  })
  void transfer.receiver.done.then(() => {
    isSaved = true
  })
  transfer.start()
  const outcomes = await outcomesOf(transfer)
  return { ...outcomes, transfer, losses }
}

const cutsAfter = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 })

describe('a lost connection', () => {
  it('does no harm when it comes back, whenever and however often it was lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        cutsAfter,
        fc.boolean(),
        fc.array(fc.integer({ min: 0, max: BLOCK_BYTES }), { minLength: 1, maxLength: 12 }),
        fc.option(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 })),
        async (cuts, isPipe, sizes, fates) => {
          const tree: MemoryTree = Object.fromEntries(
            sizes.map((bytes, at) => [`${at}`, at % 5 === 4 ? null : randomBytes(bytes)]),
          )
          const there = fates && !isPipe ? remains(tree, fates) : {}
          const init = { tree, there, isPipe, isCounted: !isPipe, maxPayloadBytes: 32 * 1024 }
          const { sent, received, transfer } = await runWithCuts(init, cuts)
          expect(received).toMatchObject({ status: 'fulfilled' })
          // Also when the very last word was lost.
          expect(sent).toMatchObject({ status: 'fulfilled' })
          for (const [path, data] of Object.entries(tree)) {
            if (data) expect(Buffer.compare(transfer.sink.files[path] ?? data, data)).toBe(0)
          }
          expect(transfer.sink.isPublished).toBe(true)
        },
      ),
      { numRuns: 80 },
    )
  }, 60_000)

  it('costs no more than what was on its way', async () => {
    const content = randomBytes(20 * BLOCK_BYTES)
    const { sent, losses, transfer } = await runWithCuts({ content }, [120])
    expect(losses).toBe(1)
    expect(Buffer.compare(transfer.saved, content)).toBe(0)
    if (sent.status === 'rejected') throw sent.reason
    expect(sent.value.sentBytes).toBeGreaterThanOrEqual(content.length)
    expect(sent.value.sentBytes).toBeLessThan(content.length + 8 * BLOCK_BYTES)
  })

  it('ends the transfer on both sides when they are told to give up', async () => {
    const transfer = memoryTransfer({
      content: randomBytes(3 * BLOCK_BYTES),
      onLost: (who, error) => transfer[who].fail(error),
    })
    transfer.start()
    transfer.cut(new ShareError('interrupted', 'The line broke'))
    const { sent, received } = await outcomesOf(transfer)
    expect([sent, received]).toMatchObject([
      { reason: { code: 'interrupted' } },
      { reason: { code: 'interrupted' } },
    ])
    transfer.reconnect()
  })

  it('is no loss when the other side left in order, or did wrong', async () => {
    for (const error of [undefined, new ShareError('integrity', 'Altered')]) {
      const transfer = memoryTransfer({
        content: randomBytes(10),
        onLost: () => expect.unreachable(),
      })
      transfer.start()
      transfer.cut(error)
      const { sent } = await outcomesOf(transfer)
      expect(sent).toMatchObject({ reason: { code: error?.code ?? 'interrupted' } })
    }
  })
})

describe('a control stream', () => {
  const abort = { type: 'abort', code: 'cancelled' } as const

  it('says again what had not arrived, after the other side told what had', () => {
    const said: number[] = []
    const lane = { send: (parts: readonly Uint8Array[]) => said.push(parts[0]?.[0] ?? 0) }
    const stream = new ControlStream()
    stream.attach(lane, true)
    for (let sent = 0; sent < 3; sent += 1) stream.send({ type: 'skip', files: [sent] })
    stream.detach()
    stream.send(abort)
    expect(said).toHaveLength(3)
    stream.attach(lane, false)
    stream.send({ type: 'checked', through: 1 })
    expect(said).toHaveLength(4)
    stream.confirmed(2)
    expect(said.slice(4)).toHaveLength(3)
  })

  it.each([-1, 2])('refuses to be told that %i of one frame arrived', (frames) => {
    const stream = new ControlStream()
    stream.attach({ send: () => {} }, true)
    stream.send(abort)
    expect(() => stream.confirmed(frames)).toThrow(expect.objectContaining({ code: 'protocol' }))
  })

  it('tells now and then what has come', () => {
    const frames: unknown[] = []
    const stream = new ControlStream()
    stream.attach({ send: (parts) => frames.push(decodeFrame(Buffer.concat(parts))) }, true)
    for (let come = 0; come < 200; come += 1) stream.counted()
    expect(frames).toEqual([64, 128, 192].map((count) => ({ type: 'received', frames: count })))
  })

  it('keeps no more than it may for a side that confirms nothing', () => {
    const stream = new ControlStream()
    stream.attach({ send: () => {} }, true)
    const digests = new Uint8Array(32 * 256)
    const flood = () => {
      for (let sent = 0; sent < 100_000; sent += 1) {
        stream.send({ type: 'have', file: 0, first: 0, digests })
      }
    }
    expect(flood).toThrow(expect.objectContaining({ code: 'protocol' }))
  })
})

describe('a connection that is lost at the very end', () => {
  it('does not keep what arrived from getting its name', async () => {
    const transfer = memoryTransfer({
      content: randomBytes(10),
      sink: {
        publish: async () => {
          transfer.cut(new ShareError('interrupted', 'The line broke'))
          await new Promise((resolve) => setTimeout(resolve, 5))
        },
      },
    })
    transfer.start()
    const { sent, received } = await outcomesOf(transfer)
    expect(sent).toMatchObject({ reason: { code: 'interrupted' } })
    expect(received).toMatchObject({ value: { bytes: 10 } })
  })
})
