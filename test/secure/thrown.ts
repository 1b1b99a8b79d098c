import { ShareError } from '../../src/errors.ts'

/** The ShareError that `action` throws. */
export function thrownBy(action: () => unknown): ShareError {
  try {
    action()
  } catch (error) {
    if (error instanceof ShareError) return error
    throw error
  }
  throw new Error('Nothing was thrown')
}
