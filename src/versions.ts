import { readFileSync } from 'node:fs'
import { engineVersion } from './peer/engine-version.ts'
import { RENDEZVOUS_VERSION } from './rendezvous/protocol.ts'
import { TRANSFER_VERSIONS } from './transfer/capabilities.ts'

/** What a report of a problem has to name. */
export interface Versions {
  p2pshare: string
  /** The package that makes the connections, and its version. */
  engine: string
  /** The protocols that it speaks, best first. */
  protocols: string[]
}

/** The versions of this package, of its engine, and of its protocols. */
export function versions(): Versions {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  const protocols = [...TRANSFER_VERSIONS, `rendezvous/${RENDEZVOUS_VERSION}`]
  return { p2pshare: version, engine: engineVersion(), protocols }
}
