import { createRequire } from 'node:module'

const PACKAGE = '@roamhq/wrtc'

/** The engine's package and its version, as `name version`; it need not be there for this platform. */
export function engineVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)(`${PACKAGE}/package.json`)
  const { version } = manifest as { version: string }
  return `${PACKAGE} ${version}`
}
