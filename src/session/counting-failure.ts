import type { Outgoing } from '../files/outgoing.ts'

/** Rejects with what cannot be sent; nobody needs to come for that. Otherwise never settles. */
export function countingFailure(
  { totals }: Outgoing,
  isSomebodyThere: () => boolean,
): Promise<never> {
  return new Promise((_, reject) => {
    totals.catch((thrown: unknown) => {
      if (!isSomebodyThere()) reject(thrown)
    })
  })
}
