import { toShareError } from '../errors.ts'
import type { Finding } from './finding.ts'

const name = 'engine'

/** Judges the WebRTC engine: `load` throws why there is none. */
export function checkEngine(load: () => unknown): Finding<'engine'> {
  try {
    load()
    const message = `The WebRTC engine runs on this machine (${process.platform} ${process.arch})`
    return { name, verdict: 'ok', message, hint: '' }
  } catch (thrown) {
    const { message, hint } = toShareError(thrown)
    return { name, verdict: 'failed', message, hint }
  }
}
