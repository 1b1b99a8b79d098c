/** Part of every label, channel identifier and associated data: versions never share a key. */
export const PROTOCOL_VERSION = 'p2pshare/1'
