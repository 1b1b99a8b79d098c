import { DEFAULT_RENDEZVOUS_PORT, LOCAL_RENDEZVOUS_PORTS } from '../limits.ts'

/** The ports on which one side looks for the other on the same machine. */
export const LOCAL_PORTS: readonly number[] = Array.from(
  { length: LOCAL_RENDEZVOUS_PORTS },
  (_, index) => DEFAULT_RENDEZVOUS_PORT + index,
)
