import { describe, expect, it } from 'vitest'
import { NAMEPLATE_REST_MS } from '../../../src/limits.ts'
import { allocateNameplate } from '../../../src/rendezvous/server/allocate-nameplate.ts'
import { RestingNameplates } from '../../../src/rendezvous/server/resting-nameplates.ts'

describe('allocateNameplate', () => {
  it('finds the last free one of the fewest digits', () => {
    const isFree = (nameplate: string): boolean => nameplate === '7' || nameplate.length > 1
    for (let run = 0; run < 20; run += 1) expect(allocateNameplate(isFree, 1)).toBe('7')
  })

  it('widens when there is no room, up to six digits', () => {
    for (const digits of [1, 2, 3, 4, 5, 6]) {
      const nameplate = allocateNameplate((each) => each.length >= digits, 1) ?? ''
      expect(nameplate).toMatch(new RegExp(`^[1-9][0-9]{${digits - 1}}$`))
    }
    expect(allocateNameplate(() => false, 1)).toBeUndefined()
  })

  it('draws all of them', () => {
    const drawn = new Set(Array.from({ length: 500 }, () => allocateNameplate(() => true, 1)))
    expect([...drawn].sort()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })
})

describe('RestingNameplates', () => {
  it('rest for an hour', () => {
    const resting = new RestingNameplates()
    resting.add('7', 5)
    expect(resting.has('7', 4 + NAMEPLATE_REST_MS)).toBe(true)
    expect(resting.has('7', 5 + NAMEPLATE_REST_MS)).toBe(false)
    resting.sweep(5 + NAMEPLATE_REST_MS)
    expect(resting.size).toBe(0)
  })

  it('forget the one that rested longest when there is no room', () => {
    const resting = new RestingNameplates(2)
    resting.add('1', 0)
    resting.add('2', 1)
    resting.add('1', 2)
    resting.add('3', 3)
    expect(['1', '2', '3'].filter((each) => resting.has(each, 4))).toEqual(['1', '3'])
  })
})
