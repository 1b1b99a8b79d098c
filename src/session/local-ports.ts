import { DEFAULT_RENDEZVOUS_PORT, LOCAL_RENDEZVOUS_PORTS } from '../limits.ts'

/** The ports on which a receiver on the same machine looks for a sender. */
export const LOCAL_PORTS: readonly number[] = Array.from(
  { length: LOCAL_RENDEZVOUS_PORTS },
  (_, index) => DEFAULT_RENDEZVOUS_PORT + index,
)
