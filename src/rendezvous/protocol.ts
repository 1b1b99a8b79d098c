import * as v from 'valibot'
import { MAX_NAMEPLATE_LENGTH, MAX_RENDEZVOUS_PAYLOAD_BYTES } from '../limits.ts'
import { iceServersSchema } from './ice-servers-schema.ts'

/** PROTOCOL.md beside this file says what the messages mean. */
export const RENDEZVOUS_VERSION = 1

/** Where both ends speak socket.io; a server has one namespace, `/`. */
export const SOCKET_PATH = '/socket.io/'

const nameplate = v.pipe(v.string(), v.regex(new RegExp(`^[a-z0-9]{1,${MAX_NAMEPLATE_LENGTH}}$`)))
const token = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/))
const pair = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const data = v.pipe(
  v.string(),
  v.maxLength(Math.ceil(MAX_RENDEZVOUS_PAYLOAD_BYTES / 3) * 4),
  v.base64(),
)

export type Role = 'sender' | 'receiver'

/** The `v` of a claim, read before the rest so that a newer client is told what is wrong. */
export const versionSchema = v.object({ v: v.number() })

/** client -> server `open`: a claim to one side of a mailbox. */
export const openSchema = v.object({
  role: v.picklist(['sender', 'receiver']),
  nameplate: v.exactOptional(nameplate),
  token: v.exactOptional(token),
  many: v.exactOptional(v.boolean()),
})
export type OpenRequest = v.InferOutput<typeof openSchema>

export type Refusal = 'bad-request' | 'incompatible' | 'crowded' | 'taken' | 'busy'

/** The answer to `open`. A refusal is any short word here: a newer server may know more of them. */
export const openReplySchema = v.variant('ok', [
  v.object({ ok: v.literal(true), nameplate, token }),
  v.object({ ok: v.literal(false), error: v.pipe(v.string(), v.maxLength(32)) }),
])
export type OpenReply =
  | { ok: true; nameplate: string; token: string }
  | { ok: false; error: Refusal }

/** `message`, either way: bytes of the pair, in base64. */
export const messageSchema = v.object({ pair, data })
export type RendezvousMessage = v.InferOutput<typeof messageSchema>

/** server -> client: the other side is there. */
export const pairedSchema = v.object({ pair, iceServers: iceServersSchema })
export type Paired = v.InferOutput<typeof pairedSchema>

/** server -> client: the other side of this pair is gone. */
export const leftSchema = v.object({ pair })

/** server -> client: somebody else was turned away from our nameplate; or we are, from a line. */
export const crowdedSchema = v.object({ turnedAway: v.exactOptional(v.literal(true)) })

/** client -> server `next`: a sender is done with the receiver of this pair. */
export const nextSchema = v.object({ pair })
