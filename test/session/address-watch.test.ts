import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ADDRESS_CHECK_INTERVAL_MS, ADDRESS_CHECKS } from '../../src/limits.ts'
import { AddressWatch } from '../../src/session/address-watch.ts'

const OURS = '192.0.2.1'
/** Until it is missed, with one look to begin with and one to compare packets with. */
const NOTICE_MS = (ADDRESS_CHECKS + 2) * ADDRESS_CHECK_INTERVAL_MS

/** A watched connection from `address`, on a machine that has OURS. */
function watched(address: string) {
  const state = { address, packets: 0, own: [OURS], looks: 0 }
  const onGone = vi.fn()
  const localEnd = async () => {
    state.looks += 1
    return { address: state.address, packets: state.packets }
  }
  const isOwn = (each: string) => state.own.includes(each)
  const watch = new AddressWatch({ path: { localEnd }, onGone, isOwn })
  return { state, onGone, watch }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the address of a connection', () => {
  it('is missed once when it is gone', async () => {
    const { state, onGone } = watched(OURS)
    await vi.advanceTimersByTimeAsync(10 * NOTICE_MS)
    expect(onGone).not.toHaveBeenCalled()
    state.own = ['192.0.2.2']
    await vi.advanceTimersByTimeAsync(NOTICE_MS)
    expect(onGone).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(10 * NOTICE_MS)
    expect(onGone).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is looked up in the statistics only when it is not there', async () => {
    const { state } = watched(OURS)
    await vi.advanceTimersByTimeAsync(10 * NOTICE_MS)
    expect(state.looks).toBe(1)
  })

  it('is not missed when it comes back', async () => {
    const { state, onGone } = watched(OURS)
    await vi.advanceTimersByTimeAsync(NOTICE_MS)
    for (let turn = 0; turn < 5; turn += 1) {
      state.own = []
      await vi.advanceTimersByTimeAsync((ADDRESS_CHECKS - 1) * ADDRESS_CHECK_INTERVAL_MS)
      state.own = [OURS]
      await vi.advanceTimersByTimeAsync(ADDRESS_CHECK_INTERVAL_MS)
    }
    expect(onGone).not.toHaveBeenCalled()
  })

  it('is not missed while packets come without it', async () => {
    const { state, onGone } = watched(OURS)
    await vi.advanceTimersByTimeAsync(NOTICE_MS)
    state.own = []
    for (let turn = 0; turn < 20; turn += 1) {
      state.packets += 1
      await vi.advanceTimersByTimeAsync((ADDRESS_CHECKS - 1) * ADDRESS_CHECK_INTERVAL_MS)
    }
    expect(onGone).not.toHaveBeenCalled()
  })

  it('is not missed when the connection has found another way', async () => {
    const { state, onGone } = watched(OURS)
    await vi.advanceTimersByTimeAsync(NOTICE_MS)
    state.own = ['192.0.2.2']
    state.address = '192.0.2.2'
    await vi.advanceTimersByTimeAsync(10 * NOTICE_MS)
    expect(onGone).not.toHaveBeenCalled()
  })

  it('is not watched where it is a router and not this machine that has it', async () => {
    const { onGone } = watched('198.51.100.7')
    await vi.advanceTimersByTimeAsync(10 * NOTICE_MS)
    expect(onGone).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not missed after the end', async () => {
    const { state, onGone, watch } = watched(OURS)
    await vi.advanceTimersByTimeAsync(NOTICE_MS)
    state.own = []
    watch.close()
    await vi.advanceTimersByTimeAsync(10 * NOTICE_MS)
    expect(onGone).not.toHaveBeenCalled()
  })
})
