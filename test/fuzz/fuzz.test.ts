import { env } from 'node:process'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { settings } from './fuzz-setting.ts'
import { runFuzzed } from './fuzzed-transfer.ts'
import { hostileSteps } from './hostile-steps.ts'

/** In all; `npm run fuzz` sets these. */
const seconds = Number(env['P2PSHARE_FUZZ_SECONDS'] ?? 3)
const seed = env['P2PSHARE_FUZZ_SEED']

describe('a transfer with a side that is not what it says', () => {
  it.each(['sender', 'receiver'] as const)(
    'ends in order on the other one (hostile %s)',
    async (hostile) => {
      let runs = 0
      await fc.assert(
        fc.asyncProperty(settings, hostileSteps, async (setting, steps) => {
          runs += 1
          await runFuzzed(hostile, setting, steps)
        }),
        {
          numRuns: Number.MAX_SAFE_INTEGER,
          interruptAfterTimeLimit: 500 * seconds,
          markInterruptAsFailure: false,
          ...(seed !== undefined && { seed: Number(seed) }),
        },
      )
      if (env['P2PSHARE_FUZZ_SECONDS']) console.log(`hostile ${hostile}: ${runs} transfers`)
    },
    1000 * seconds + 60_000,
  )
})
