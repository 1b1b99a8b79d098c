import type { IceServer } from '../ice-server.ts'

/** The STUN and TURN servers for one side of one pairing; asked anew for each. */
export type IceServerProvider = () => IceServer[]
