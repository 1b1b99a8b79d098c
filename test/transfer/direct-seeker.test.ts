import { expect, it } from 'vitest'
import { DirectSeeker } from '../../src/transfer/direct-seeker.ts'

/** When it looks, in seconds from the start, up to `untilS`. */
function looks(seeker: DirectSeeker, fromS: number, untilS: number, found = false): number[] {
  const times: number[] = []
  for (let atS = fromS; atS < untilS; atS += 1) {
    if (!seeker.isDue(1000 * atS)) continue
    times.push(atS)
    if (found) seeker.found()
    else seeker.failed(1000 * atS)
  }
  return times
}

it('looks with growing pauses, a minute at most', () => {
  expect(looks(new DirectSeeker(), 0, 250)).toEqual([3, 9, 21, 45, 93, 153, 213])
})

it('looks once at a time', () => {
  const seeker = new DirectSeeker()
  seeker.isDue(0)
  expect([seeker.isDue(3000), seeker.isDue(4000), seeker.isDue(99_000)]).toEqual([
    ...[true, false, false],
  ])
})

it('begins anew with short pauses once it has found something', () => {
  const seeker = new DirectSeeker()
  looks(seeker, 0, 30)
  expect(looks(seeker, 30, 48, true)).toEqual([45])
  expect(looks(seeker, 50, 60)).toEqual([50, 56])
})
