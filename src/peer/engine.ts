import { createRequire } from 'node:module'
import { ShareError } from '../errors.ts'

type Engine = typeof import('@roamhq/wrtc')

let engine: Engine | undefined

/**
 * The native WebRTC engine, loaded at the first call because it takes a tenth of a second.
 * Throws `internal` with advice where it has no build for this platform.
 */
export function loadEngine(): Engine {
  if (engine === undefined) {
    try {
      engine = createRequire(import.meta.url)('@roamhq/wrtc') as Engine
    } catch (cause) {
      throw new ShareError(
        'internal',
        `The WebRTC engine has no build that runs on this machine (${process.platform} ${process.arch})`,
        {
          cause,
          hint: 'It needs Linux with glibc 2.34 or later (not Alpine), macOS, or Windows on x64, and an install without --omit=optional.',
        },
      )
    }
  }
  return engine
}
