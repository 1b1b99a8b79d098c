import { describe, expect, it } from 'vitest'
import { MAX_LANES, MIB } from '../../src/limits.ts'
import { LanePolicy, type PathView } from '../../src/transfer/lane-policy.ts'

const LONG_MS = 50
const SHORT_MS = 1
/** Longer than any pause between two looks, shorter than a verdict stands. */
const LOOK_MS = 2000

/** A steady path without a queue: lanes are what limits there. */
const steady: PathView = {
  nowMs: 0,
  baseRttMs: LONG_MS,
  deliveredBytes: 0,
  windowBytes: MIB,
  hasQueue: false,
  hasTcp: false,
  isRelayed: false,
}

/** A policy that has begun on such a path, and what it wants after each look at it. */
function policyOn(path: Partial<PathView>, isRelayed = false) {
  const policy = new LanePolicy()
  let nowMs = 0
  let deliveredBytes = 0
  const look = (changes: Partial<PathView> & { bytesPerSecond?: number } = {}) => {
    const { bytesPerSecond = MIB, ...view } = changes
    nowMs += LOOK_MS
    deliveredBytes += (bytesPerSecond * LOOK_MS) / 1000
    policy.look({ ...steady, deliveredBytes, ...path, ...view, nowMs })
    return policy.wanted
  }
  policy.begin(path.baseRttMs ?? steady.baseRttMs, isRelayed)
  look()
  return { policy, look }
}

/** Looks until nothing changes any more, at a rate that depends on the lanes. */
function settle(
  { look }: ReturnType<typeof policyOn>,
  rateOf: (lanes: number) => number,
): number[] {
  const wanted = [look()]
  for (let looks = 0; looks < 60; looks += 1) {
    wanted.push(look({ bytesPerSecond: rateOf(wanted.at(-1) ?? 0) }))
  }
  return wanted
}

describe('the number of lanes', () => {
  it('begins with a few on a long path and none on a short one, once', () => {
    const [long, short] = [new LanePolicy(), new LanePolicy()]
    long.begin(LONG_MS)
    short.begin(SHORT_MS)
    short.begin(LONG_MS)
    expect(long.wanted).toBeGreaterThan(1)
    expect(short.wanted).toBe(0)
  })

  it('begins with none beside the first over a relay, and keeps no more than help', () => {
    const policy = new LanePolicy()
    policy.begin(LONG_MS, true)
    expect(policy.wanted).toBe(0)
    const useless = settle(policyOn({ isRelayed: true }, true), () => MIB)
    expect([useless[0], useless.at(-1)]).toEqual([2, 0])
    const helpful = settle(policyOn({ isRelayed: true }, true), (lanes) => (1 + lanes) * MIB)
    expect(helpful.at(-1)).toBe(8)
  })

  it('begins anew once the path is direct', () => {
    const [long, short, fixed] = [new LanePolicy(), new LanePolicy(), new LanePolicy(5)]
    long.wentDirect(LONG_MS)
    short.wentDirect(SHORT_MS)
    fixed.wentDirect(LONG_MS)
    expect([long.wanted, short.wanted, fixed.wanted]).toEqual([4, 1, 5])
  })

  it('grows while the window is steady and there is no queue', () => {
    const { policy, look } = policyOn({})
    const before = policy.wanted
    expect(look()).toBeGreaterThan(before)
  })

  it.each([
    ['there is a queue', { hasQueue: true }],
    ['the window still grows', { windowBytes: 2 * MIB }],
    ['the window still shrinks', { windowBytes: MIB / 2 }],
  ])('stays while %s', (_, changes) => {
    const { policy, look } = policyOn({})
    const before = policy.wanted
    expect(look(changes)).toBe(before)
  })

  it('is looked at no more often than the path can have changed', () => {
    const policy = new LanePolicy()
    policy.begin(1000)
    policy.look({ ...steady, baseRttMs: 1000 })
    const before = policy.wanted
    policy.look({ ...steady, baseRttMs: 1000, nowMs: 3000 })
    expect(policy.wanted).toBe(before)
    policy.look({ ...steady, baseRttMs: 1000, nowMs: 7000 })
    expect(policy.wanted).toBeGreaterThan(before)
  })

  it('grows to many where each makes the transfer faster, but not without end', () => {
    const most = settle(policyOn({}), (lanes) => MIB * lanes).at(-1) ?? 0
    expect(most).toBeGreaterThan(30)
    expect(most).toBeLessThan(MAX_LANES)
  })

  it('takes back a step that did not help, and tries no other for a while', () => {
    const on = policyOn({})
    const limitLanes = 22
    const wanted = settle(on, (lanes) => MIB * Math.min(lanes, limitLanes))
    const steps = wanted.slice(1).map((lanes, at) => lanes - (wanted[at] ?? 0))
    const takenBackAt = steps.findIndex((step) => step < 0)
    const kept = wanted[takenBackAt + 1] ?? 0
    expect(takenBackAt).toBeGreaterThan(0)
    expect(kept).toBe((wanted[takenBackAt] ?? 0) - 4)
    expect(wanted.slice(takenBackAt + 1, takenBackAt + 5)).toEqual(Array(4).fill(kept))
    expect(Math.max(...wanted)).toBeLessThan(limitLanes + 10)
  })

  it('stays small on a short path, and grows only if each step helps', () => {
    const short = { baseRttMs: SHORT_MS }
    expect(Math.max(...settle(policyOn(short), (lanes) => MIB * (1 + lanes)))).toBeLessThan(8)
    expect(settle(policyOn(short), () => MIB).slice(0, 4)).toEqual([1, 1, 0, 0])
  })

  it('does not grow on a short path that has a lane over TCP', () => {
    const on = policyOn({ baseRttMs: SHORT_MS, hasTcp: true })
    expect(Math.max(...settle(on, (lanes) => MIB * (1 + lanes)))).toBe(0)
  })

  it('waits longer before each further try of what did not help', () => {
    const wanted = settle(policyOn({}), () => MIB)
    const triedAt = wanted.flatMap((lanes, at) => (lanes > (wanted[at - 1] ?? 0) ? [at] : []))
    const pauses = triedAt.slice(-3).map((at, index, all) => at - (all[index - 1] ?? at))
    expect(pauses[1]).toBeGreaterThan(3)
    expect(pauses[2]).toBeGreaterThan(1.5 * (pauses[1] ?? 0))
  })

  it('counts the lanes over TCP that came of the try in the background', () => {
    const [long, short] = [new LanePolicy(), new LanePolicy()]
    for (const [policy, rttMs] of [
      [long, LONG_MS],
      [short, SHORT_MS],
    ] as const) {
      policy.begin(rttMs)
      policy.tcpCame(rttMs)
    }
    expect([long.wanted, short.wanted]).toEqual([8, 1])
  })

  it('shrinks by the lanes that had nothing to carry, to none at the least', () => {
    const { policy } = policyOn({})
    const before = policy.wanted
    policy.dropped(1)
    expect(policy.wanted).toBe(before - 1)
    policy.dropped(100)
    expect(policy.wanted).toBe(0)
  })

  it('is as it was told to be, come what may', () => {
    for (const fixed of [2, 7, 40]) {
      const policy = new LanePolicy(fixed)
      policy.begin(LONG_MS)
      policy.tcpCame(LONG_MS)
      policy.dropped(1)
      for (let nowMs = 0; nowMs < 10_000; nowMs += 1000) policy.look({ ...steady, nowMs })
      expect(policy.wanted).toBe(fixed)
    }
  })

  it('is the first lane alone when it was told to be one', () => {
    const policy = new LanePolicy(1)
    policy.begin(LONG_MS)
    policy.look(steady)
    expect([policy.wanted, policy.triesTcp]).toEqual([0, false])
  })
})
