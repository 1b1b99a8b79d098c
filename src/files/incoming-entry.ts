/** One entry of what is offered, as the sender describes it; not trusted. */
export interface IncomingEntry {
  /** Components joined by `/`; the first is the root's name. */
  path: string
  kind: 'file' | 'directory'
  /** Of a file; 0 for a directory; null while unknown. */
  bytes: number | null
  /** Permission bits. */
  mode: number
  /** Last change, in milliseconds since 1970. */
  modifiedMs: number
}

/** What is offered; not trusted. */
export interface IncomingOffer {
  name: string
  kind: 'file' | 'directory' | 'several'
  /** As far as they were counted. */
  files: number
  bytes: number
}

/** Whether it was sent as such, not as part of another. */
export function isRoot({ path }: IncomingEntry): boolean {
  return !path.includes('/')
}

/** All but the last component; empty for a root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}

/** The last component. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The first component. */
export function rootOf(path: string): string {
  const end = path.indexOf('/')
  return end === -1 ? path : path.slice(0, end)
}
