import { createRequire } from 'node:module'
import { ShareError } from '../errors.ts'
import { missingEngine, ownPlatform } from './missing-engine.ts'

type Engine = typeof import('@roamhq/wrtc')

let engine: Engine | undefined

/**
 * The native WebRTC engine, loaded at the first call because it takes a tenth of a second.
 * Throws `internal` with advice where it does not load on this platform.
 */
export function loadEngine(): Engine {
  if (engine === undefined) {
    try {
      engine = createRequire(import.meta.url)('@roamhq/wrtc') as Engine
    } catch (cause) {
      const { message, hint } = missingEngine(ownPlatform())
      throw new ShareError('internal', message, { cause, hint })
    }
  }
  return engine
}
