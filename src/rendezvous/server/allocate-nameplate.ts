import { randomInt } from 'node:crypto'
import { MAX_NAMEPLATE_DIGITS } from '../../limits.ts'

/** How often a random draw is tried before the rest of a class is searched. */
const DRAWS = 32
/** Classes up to this many digits are searched to the last; wider ones are never nearly full. */
const MAX_SEARCHED_DIGITS = 4

/**
 * A random free nameplate of the fewest digits that have room, at least `minDigits`; undefined
 * where there is none.
 * `draw(low, high)` is a random integer, `low` included and `high` not.
 */
export function allocateNameplate(
  isFree: (nameplate: string) => boolean,
  minDigits: number,
  draw: (low: number, high: number) => number = randomInt,
): string | undefined {
  for (let digits = minDigits; digits <= MAX_NAMEPLATE_DIGITS; digits += 1) {
    const found = allocateWithDigits(isFree, digits, draw)
    if (found !== undefined) return found
  }
  return undefined
}

function allocateWithDigits(
  isFree: (nameplate: string) => boolean,
  digits: number,
  draw: (low: number, high: number) => number,
): string | undefined {
  const low = 10 ** (digits - 1)
  const high = 10 ** digits
  for (let tries = 0; tries < DRAWS; tries += 1) {
    const drawn = String(draw(low, high))
    if (isFree(drawn)) return drawn
  }
  if (digits > MAX_SEARCHED_DIGITS) return undefined
  const free: string[] = []
  for (let number = low; number < high; number += 1) {
    if (isFree(String(number))) free.push(String(number))
  }
  return free.length === 0 ? undefined : free[draw(0, free.length)]
}
