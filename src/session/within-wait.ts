import type { ShareError } from '../errors.ts'

/**
 * `session`, or `expired()` as an error where it is not there within `waitMs`.
 * Somebody who came just before the end, as `isEstablished` tells, is let in.
 */
export async function withinWait<Result>(
  session: Promise<Result>,
  waitMs: number,
  isEstablished: () => boolean,
  expired: () => ShareError,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      if (!isEstablished()) reject(expired())
    }, waitMs)
  })
  try {
    return await Promise.race([session, expiry])
  } finally {
    clearTimeout(timer)
  }
}
