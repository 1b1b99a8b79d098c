import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { LANE_BUFFER_BYTES, MIB, SILENCE_TIMEOUT_MS } from '../../src/limits.ts'
import { Lane, type LaneSecurity } from '../../src/peer/lane.ts'
import { LaneMessage } from '../../src/peer/lane-message.ts'
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

describe('payloads', () => {
  it('arrive in order', async () => {
    const [a, b] = await openPair()
    for (const each of ['one', 'two', 'three']) a.lane.send(text(each))
    await vi.advanceTimersByTimeAsync(0)
    expect(b.payloads).toEqual(['one', 'two', 'three'])
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

describe('backpressure', () => {
  it('has no room once the buffer is full, and polls until half of it is free', async () => {
    const [a] = await openPair()
    a.channel.buffered = LANE_BUFFER_BYTES
    while (a.lane.room > 0) a.lane.send([new Uint8Array(200_000)])
    const writable = vi.fn()
    void a.lane.writable().then(writable)
    await vi.advanceTimersByTimeAsync(50)
    expect(writable).not.toHaveBeenCalled()
    a.channel.buffered = LANE_BUFFER_BYTES / 2
    await vi.advanceTimersByTimeAsync(5)
    expect(writable).toHaveBeenCalled()
    expect(a.lane.room).toBe(LANE_BUFFER_BYTES / 2)
  })

  it('stops waiting for room when the lane is gone', async () => {
    const [a, b] = await openPair()
    a.channel.buffered = LANE_BUFFER_BYTES
    const writable = a.lane.writable()
    b.channel.close()
    await vi.advanceTimersByTimeAsync(5)
    await expect(writable).resolves.toBeUndefined()
  })

  it('never gives the engine so much that it drops a message silently', async () => {
    const [a] = await openPair()
    a.channel.buffered = 16 * MIB
    const flood = () => {
      for (let sent = 0; sent < 20 * MIB; sent += 200_000) a.lane.send([new Uint8Array(200_000)])
    }
    expect(flood).toThrow(TypeError)
    const bytes = a.channel.sent.reduce((sum, message) => sum + message.length, 0)
    expect(bytes).toBeLessThan(9 * MIB)
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
    await finishing
    expect(b.payloads).toEqual(['last words'])
    expect([a.channel.closed, b.channel.closed]).toEqual([true, true])
  })

  it('tells the other side that nothing follows', async () => {
    const [a, b] = await openPair()
    const finishing = a.lane.finish()
    await vi.advanceTimersByTimeAsync(0)
    await finishing
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
    await finishing
    expect(a.channel.closed).toBe(true)
  })

  it('can be asked for twice, and after the lane is gone', async () => {
    const [a, b] = await openPair()
    a.lane.abandon()
    await vi.advanceTimersByTimeAsync(0)
    await Promise.all([a.lane.finish(), a.lane.finish(), b.lane.finish()])
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
