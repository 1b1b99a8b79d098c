import * as v from 'valibot'
import {
  crowdedSchema,
  leftSchema,
  messageSchema,
  type Paired,
  pairedSchema,
  type RendezvousMessage,
} from './protocol.ts'

/** What a server tells of itself, as PROTOCOL.md beside this file says. */
export type ServerEvent =
  | ({ event: 'paired' } & Paired)
  | ({ event: 'message' } & RendezvousMessage)
  | { event: 'left'; pair: number }
  | { event: 'crowded'; turnedAway?: true }

/** `payload` of `event`, which came from the server; undefined where it is malformed. */
export function parseServerEvent(event: string, payload: unknown): ServerEvent | undefined {
  switch (event) {
    case 'paired':
      return parsed(event, pairedSchema, payload)
    case 'message':
      return parsed(event, messageSchema, payload)
    case 'left':
      return parsed(event, leftSchema, payload)
    default:
      return parsed('crowded', crowdedSchema, payload)
  }
}

function parsed<Name extends string, Payload extends object>(
  event: Name,
  schema: v.GenericSchema<unknown, Payload>,
  payload: unknown,
): ({ event: Name } & Payload) | undefined {
  const result = v.safeParse(schema, payload)
  return result.success ? { event, ...result.output } : undefined
}
