import {
  MAX_CLAIMS_PER_MINUTE,
  MAX_MAILBOX_BYTES,
  MAX_MAILBOX_MESSAGES,
  MAX_MAILBOXES,
  MAX_OUTBOUND_BACKLOG_BYTES,
  MAX_PACKETS_PER_MINUTE,
  MAX_SOCKETS,
  MAX_SOCKETS_PER_ADDRESS,
} from '../../limits.ts'

/** What a server lets its clients use; an address is an IPv4 address or an IPv6 /64. */
export interface Budgets {
  sockets: number
  socketsPerAddress: number
  claimsPerMinutePerAddress: number
  packetsPerMinutePerSocket: number
  mailboxes: number
  /** Messages and base64 bytes that one pairing may pass, both ways together. */
  mailboxMessages: number
  mailboxBytes: number
  outboundBacklogBytes: number
}

export const DEFAULT_BUDGETS: Readonly<Budgets> = {
  sockets: MAX_SOCKETS,
  socketsPerAddress: MAX_SOCKETS_PER_ADDRESS,
  claimsPerMinutePerAddress: MAX_CLAIMS_PER_MINUTE,
  packetsPerMinutePerSocket: MAX_PACKETS_PER_MINUTE,
  mailboxes: MAX_MAILBOXES,
  mailboxMessages: MAX_MAILBOX_MESSAGES,
  mailboxBytes: MAX_MAILBOX_BYTES,
  outboundBacklogBytes: MAX_OUTBOUND_BACKLOG_BYTES,
}
