import { timingSafeEqual } from 'node:crypto'

/** Whether both are the same token, in a time that does not tell how much of it is right. */
export function sameToken(expected: string | undefined, given: string | undefined): boolean {
  if (expected === undefined || given === undefined || expected.length !== given.length)
    return false
  return timingSafeEqual(Buffer.from(expected), Buffer.from(given))
}
