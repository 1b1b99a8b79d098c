import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import {
  MAX_ENGINE_BUFFER_BYTES,
  MIB,
  QUIET_SENDER_MS,
  SILENCE_AFTER_SLEEP_MS,
  SILENCE_TIMEOUT_MS,
} from '../../src/limits.ts'
import { Lane, type LaneSecurity } from '../../src/peer/lane.ts'
import { LaneMessage, type LaneSignal } from '../../src/peer/lane-message.ts'
import { channelPair, type FakeChannel } from './channel-pair.ts'

const SEALING_BYTES = 2

/** A seal that anybody could make, but that shows whether a message was changed. */
function security(changes: Partial<LaneSecurity> = {}): LaneSecurity {
  return {
    lane: 0,
    binding: new Uint8Array(64).fill(7),
    verifyBinding: (binding) => {
      if (binding.some((byte) => byte !== 7)) throw new ShareError('integrity', 'an impostor')
    },
    seal: (header, parts) => Buffer.concat([header, ...parts, new Uint8Array([0xaa, 0xbb])]),
    open: (message, headerBytes) => {
      if (message.at(-1) !== 0xbb) throw new ShareError('integrity', 'a broken seal')
      return message.subarray(headerBytes, -SEALING_BYTES)
    },
    sealingBytes: SEALING_BYTES,
    ...changes,
  }
}

interface End {
  lane: Lane
  channel: FakeChannel
  payloads: string[]
  ends: (ShareError | undefined)[]
}

async function openPair(): Promise<[End, End]> {
  const channels = channelPair()
  const open = async (channel: FakeChannel): Promise<End> => {
    const payloads: string[] = []
    const ends: (ShareError | undefined)[] = []
    const watcher = {
      onPayload: (payload: Uint8Array) => payloads.push(Buffer.from(payload).toString()),
      onEnd: (error?: ShareError) => ends.push(error),
    }
    const lane = await Lane.open(channel, security())
    lane.listen(watcher)
    return { lane, channel, payloads, ends }
  }
  return Promise.all([open(channels[0]), open(channels[1])])
}

const text = (value: string) => [new TextEncoder().encode(value)]

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('opening', () => {
  it('says nothing but READY before the other side has said READY', async () => {
    const [a] = channelPair()
    a.silent = true
    const opening = Lane.open(a, security()).catch((error) => error)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(a.sent).toHaveLength(1)
    expect(a.sent[0]?.[0]).toBe(LaneMessage.ready)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await opening).toMatchObject({ code: 'no-path' })
    expect(a.closed).toBe(true)
  })

  it('refuses an impostor', async () => {
    const [a, b] = channelPair()
    const forged = security({ binding: new Uint8Array(64).fill(8) })
    const openings = [Lane.open(a, security()), Lane.open(b, forged)]
    const [first] = await Promise.allSettled(openings)
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'integrity' } })
    expect(a.closed).toBe(true)
  })

  it.each([
    ['data before READY', Uint8Array.of(LaneMessage.data, 1, 2, 0xaa, 0xbb)],
    ['a READY of another lane', Buffer.concat([Uint8Array.of(1, 1, 0, 3), Buffer.alloc(64, 7)])],
    ['a READY of another version', Buffer.concat([Uint8Array.of(1, 9, 0, 0), Buffer.alloc(64, 7)])],
    ['a short READY', Uint8Array.of(1, 1, 0, 0)],
    ['nothing', new Uint8Array(0)],
  ])('refuses %s', async (_, message) => {
    const [a, b] = channelPair()
    const opening = Lane.open(a, security())
    b.send(message)
    await expect(opening).rejects.toMatchObject({ code: 'protocol' })
  })

  it('stops when it is told to', async () => {
    const [a] = channelPair()
    const controller = new AbortController()
    const opening = Lane.open(a, security(), controller.signal)
    controller.abort(new ShareError('stopped-sigint', 'Stopped'))
    await expect(opening).rejects.toMatchObject({ code: 'stopped-sigint' })
    expect(a.closed).toBe(true)
  })
})

describe('an open lane', () => {
  it('has the number that its keys are made for, and the transport of its channel', async () => {
    const [a, b] = channelPair()
    const third = security({ lane: 0x0103 })
    const [lane] = await Promise.all([
      Lane.open(Object.assign(a, { path: { path: 'relay', transport: 'tcp' } }), third),
      Lane.open(b, third),
    ])
    expect([lane.number, lane.transport, lane.path]).toEqual([0x0103, 'tcp', 'relay'])
  })
})

describe('payloads', () => {
  it('arrive in order', async () => {
    const [a, b] = await openPair()
    for (const each of ['one', 'two', 'three']) a.lane.send(text(each))
    await vi.advanceTimersByTimeAsync(0)
    expect(b.payloads).toEqual(['one', 'two', 'three'])
  })

  it('wait for somebody to listen, but only as many as an eager peer sends', async () => {
    const [a, b] = channelPair()
    const [from, to] = await Promise.all([Lane.open(a, security()), Lane.open(b, security())])
    for (let sent = 0; sent < 4; sent += 1) from.send(text('early'))
    await vi.advanceTimersByTimeAsync(0)
    const onPayload = vi.fn()
    to.listen({ onPayload, onEnd: () => {} })
    expect(onPayload).toHaveBeenCalledTimes(4)
  })

  it('end the lane when nobody listens for too long', async () => {
    const [a, b] = channelPair()
    const [from, to] = await Promise.all([Lane.open(a, security()), Lane.open(b, security())])
    for (let sent = 0; sent < 5; sent += 1) from.send(text('eager'))
    await vi.advanceTimersByTimeAsync(0)
    const onEnd = vi.fn()
    to.listen({ onPayload: () => {}, onEnd })
    expect(onEnd).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'protocol' }))
  })

  it('fit the largest message, header and seal included', async () => {
    const [a] = await openPair()
    a.lane.send([new Uint8Array(a.lane.maxPayloadBytes)])
    expect(a.channel.sent.at(-1)).toHaveLength(a.channel.maxMessageBytes)
    expect(() => a.lane.send([new Uint8Array(a.lane.maxPayloadBytes + 1)])).toThrow(TypeError)
  })

  it('end the lane when their seal is broken', async () => {
    const [a, b] = await openPair()
    a.channel.send(Uint8Array.of(LaneMessage.data, 1, 2, 3))
    await vi.advanceTimersByTimeAsync(0)
    expect(b.ends).toMatchObject([{ code: 'integrity' }])
    expect(b.channel.closed).toBe(true)
  })

  it.each([
    ['of an unknown type', 99],
    ['that acknowledges a FIN nobody sent', LaneMessage.finAck],
    ['that is a second READY', LaneMessage.ready],
  ])('end the lane after a message %s', async (_, type) => {
    const [a, b] = await openPair()
    a.channel.send(Uint8Array.of(type, 0xaa, 0xbb))
    await vi.advanceTimersByTimeAsync(0)
    expect(b.ends).toMatchObject([{ code: 'protocol' }])
  })
})

describe('the buffer of the engine', () => {
  const flood = (lane: Lane, bytes: number) => () => {
    for (let sent = 0; sent < bytes; sent += 200_000) lane.send([new Uint8Array(200_000)])
  }

  it('takes any number of payloads that leave it again', async () => {
    const [a] = await openPair()
    expect(flood(a.lane, 40 * MIB)).not.toThrow()
  })

  it('is looked at only when more was sent than it may hold', async () => {
    const [a] = await openPair()
    const look = vi.spyOn(a.channel, 'bufferedBytes')
    flood(a.lane, MAX_ENGINE_BUFFER_BYTES - 200_000)()
    expect(look).not.toHaveBeenCalled()
    flood(a.lane, 400_000)()
    expect(look).toHaveBeenCalledOnce()
  })

  it('never gets so much that it drops a message silently', async () => {
    const [a] = await openPair()
    a.channel.buffered = 16 * MIB
    expect(flood(a.lane, 20 * MIB)).toThrow(expect.objectContaining({ code: 'protocol' }))
    const bytes = a.channel.sent.reduce((sum, message) => sum + message.length, 0)
    expect(bytes).toBeLessThan(9 * MIB)
  })
})

describe('signals', () => {
  const signal: LaneSignal = { lane: 3, transport: 'tcp', signal: Uint8Array.of(1, 2, 3) }

  it('reach the one who takes them, and not the one who takes payloads', async () => {
    const [a, b] = await openPair()
    const signals: LaneSignal[] = []
    b.lane.onSignal((each) => signals.push({ ...each, signal: Uint8Array.from(each.signal) }))
    a.lane.signal(signal)
    await vi.advanceTimersByTimeAsync(0)
    expect(signals).toEqual([signal])
    expect(b.payloads).toEqual([])
  })

  it('end the lane where nobody takes them', async () => {
    const [a, b] = await openPair()
    a.lane.signal(signal)
    await vi.advanceTimersByTimeAsync(0)
    expect(b.ends).toMatchObject([{ code: 'protocol' }])
  })

  it('end the lane when they make no sense, and when they are refused', async () => {
    const [a, b] = await openPair()
    b.lane.onSignal(() => {})
    a.channel.send(Uint8Array.of(LaneMessage.signal, 0, 0xaa, 0xbb))
    await vi.advanceTimersByTimeAsync(0)
    expect(b.ends).toMatchObject([{ code: 'protocol' }])
    const [c, d] = await openPair()
    d.lane.onSignal(() => {
      throw new ShareError('integrity', 'not that one')
    })
    c.lane.signal(signal)
    await vi.advanceTimersByTimeAsync(0)
    expect(d.ends).toMatchObject([{ code: 'integrity' }])
  })

  it('are no longer sent after the end, however late a candidate is found', async () => {
    const [a, b] = await openPair()
    const taken = vi.fn()
    b.lane.onSignal(taken)
    const finishing = a.lane.finish()
    a.lane.signal(signal)
    await vi.advanceTimersByTimeAsync(0)
    await finishing
    a.lane.signal(signal)
    await vi.advanceTimersByTimeAsync(0)
    expect(taken).not.toHaveBeenCalled()
    expect(b.ends).toEqual([undefined])
  })
})

describe('silence', () => {
  it('keeps an idle lane alive', async () => {
    const [a, b] = await openPair()
    await vi.advanceTimersByTimeAsync(10 * SILENCE_TIMEOUT_MS)
    a.lane.send(text('still here'))
    await vi.advanceTimersByTimeAsync(0)
    expect(b.payloads).toEqual(['still here'])
    expect([...a.ends, ...b.ends]).toEqual([])
  })

  it('ends the lane when nothing comes from the other side any more', async () => {
    const [a, b] = await openPair()
    a.channel.silent = true
    b.channel.silent = true
    await vi.advanceTimersByTimeAsync(SILENCE_TIMEOUT_MS + 1000)
    expect(b.ends).toMatchObject([{ code: 'interrupted' }])
    expect(a.ends).toMatchObject([{ code: 'interrupted' }])
  })

  it('does not end the lane while the engine hears the other end, though no message comes', async () => {
    const [a, b] = await openPair()
    a.channel.silent = true
    const checks = setInterval(() => {
      b.channel.packets += 1
    }, 2500)
    await vi.advanceTimersByTimeAsync(4 * SILENCE_TIMEOUT_MS)
    expect(b.ends).toEqual([])
    clearInterval(checks)
    await vi.advanceTimersByTimeAsync(SILENCE_TIMEOUT_MS + 3000)
    expect(b.ends).toMatchObject([{ code: 'interrupted' }])
  })

  it('does not take packets from before the silence for signs of life', async () => {
    const [a, b] = await openPair()
    b.channel.packets = 1000
    a.channel.silent = true
    await vi.advanceTimersByTimeAsync(SILENCE_TIMEOUT_MS + 1000)
    expect(b.ends).toMatchObject([{ code: 'interrupted' }])
  })

  it('is told of long before it is too long, and when it is over', async () => {
    const [a, b] = await openPair()
    const told: boolean[] = []
    b.lane.onQuiet((isQuiet) => told.push(isQuiet))
    await vi.advanceTimersByTimeAsync(60_000)
    // Keepalives were enough.
    expect(told).toEqual([])
    a.channel.silent = true
    await vi.advanceTimersByTimeAsync(QUIET_SENDER_MS + 1000)
    expect(told).toEqual([true])
    a.channel.silent = false
    await vi.advanceTimersByTimeAsync(5000)
    expect(told).toEqual([true, false])
    expect(b.ends).toEqual([])
  })

  it('is not told of while the engine hears the other end', async () => {
    const [a, b] = await openPair()
    const told: boolean[] = []
    b.lane.onQuiet((isQuiet) => told.push(isQuiet))
    a.channel.silent = true
    const checks = setInterval(() => {
      b.channel.packets += 1
    }, 2500)
    await vi.advanceTimersByTimeAsync(4 * SILENCE_TIMEOUT_MS)
    expect(told).toEqual([])
    clearInterval(checks)
    await vi.advanceTimersByTimeAsync(QUIET_SENDER_MS + 1000)
    expect(told).toEqual([true])
  })

  it('is borne for a shorter time after a sleep in which the other side gave up', async () => {
    const [a, b] = await openPair()
    a.channel.silent = true
    await vi.advanceTimersByTimeAsync(SILENCE_TIMEOUT_MS - 1000)
    vi.setSystemTime(Date.now() + SILENCE_TIMEOUT_MS)
    await vi.advanceTimersByTimeAsync(SILENCE_AFTER_SLEEP_MS - 1000)
    expect(b.ends).toEqual([])
    await vi.advanceTimersByTimeAsync(2000)
    expect(b.ends).toMatchObject([{ code: 'interrupted' }])
  })

  it('is borne as ever once the other side has shown that it is there after the sleep', async () => {
    const [a, b] = await openPair()
    vi.setSystemTime(Date.now() + SILENCE_TIMEOUT_MS)
    await vi.advanceTimersByTimeAsync(SILENCE_AFTER_SLEEP_MS)
    a.channel.silent = true
    await vi.advanceTimersByTimeAsync(SILENCE_TIMEOUT_MS - 4000)
    expect(b.ends).toEqual([])
    await vi.advanceTimersByTimeAsync(5000)
    expect(b.ends).toMatchObject([{ code: 'interrupted' }])
  })

  it('bears a pause of twenty seconds', async () => {
    const [a, b] = await openPair()
    a.channel.silent = true
    await vi.advanceTimersByTimeAsync(20_000)
    a.channel.silent = false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(b.ends).toEqual([])
  })
})

describe('ending', () => {
  it('delivers everything before the end', async () => {
    const [a, b] = await openPair()
    a.lane.send(text('last words'))
    const finishing = Promise.all([a.lane.finish(), b.lane.finish()])
    await vi.advanceTimersByTimeAsync(0)
    expect(await finishing).toEqual([true, true])
    expect(b.payloads).toEqual(['last words'])
    expect([a.channel.closed, b.channel.closed]).toEqual([true, true])
  })

  it('tells the other side that nothing follows', async () => {
    const [a, b] = await openPair()
    const finishing = a.lane.finish()
    await vi.advanceTimersByTimeAsync(0)
    expect(await finishing).toBe(true)
    expect(b.ends).toEqual([undefined])
    expect(a.ends).toEqual([])
  })

  it('is no end but an interruption when the channel closes without FIN', async () => {
    const [a, b] = await openPair()
    a.channel.close()
    await vi.advanceTimersByTimeAsync(0)
    expect(b.ends).toMatchObject([{ code: 'interrupted' }])
  })

  it('does not wait for ever for an acknowledgement', async () => {
    const [a, b] = await openPair()
    b.channel.silent = true
    const finishing = a.lane.finish(1000)
    await vi.advanceTimersByTimeAsync(1001)
    expect(await finishing).toBe(false)
    expect(a.channel.closed).toBe(true)
  })

  it('can be asked for twice, and after the lane is gone', async () => {
    const [a, b] = await openPair()
    a.lane.abandon()
    await vi.advanceTimersByTimeAsync(0)
    const ends = await Promise.all([a.lane.finish(), a.lane.finish(), b.lane.finish()])
    expect(ends).toEqual([false, false, false])
    expect(a.ends).toEqual([])
  })

  it('leaves no timer behind', async () => {
    const [a, b] = await openPair()
    const finishing = Promise.all([a.lane.finish(), b.lane.finish()])
    await vi.advanceTimersByTimeAsync(0)
    await finishing
    expect(vi.getTimerCount()).toBe(0)
  })
})
