import * as v from 'valibot'
import { ShareError } from '../errors.ts'
import type { SearchFacts } from '../peer/path-search.ts'

const factsSchema = v.object({
  type: v.literal('facts'),
  ipv4: v.boolean(),
  ipv6: v.boolean(),
  tcp: v.boolean(),
  stun: v.picklist(['unasked', 'silent', 'answered']),
  relay: v.picklist(['unasked', 'silent', 'refused', 'granted']),
  mapping: v.picklist(['unknown', 'same', 'varying']),
  reached: v.boolean(),
})

/** What a side that has given up looking for a path says last. */
export function encodeFacts(facts: SearchFacts): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ type: 'facts', ...facts }))
}

/**
 * The facts in `bytes`, which came from the other side; undefined where they are something else.
 * Throws `protocol` for facts that make no sense.
 */
export function decodeFacts(bytes: Uint8Array): SearchFacts | undefined {
  let said: unknown
  try {
    said = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  if (!v.is(v.object({ type: v.literal('facts') }), said)) return undefined
  const parsed = v.safeParse(factsSchema, said)
  if (!parsed.success) {
    throw new ShareError('protocol', 'The other side gave up in an unknown way')
  }
  const { type: _, ...facts } = parsed.output
  return facts
}
