import { env } from 'node:process'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { settings } from './fuzz-setting.ts'
import { runFuzzed } from './fuzzed-transfer.ts'
import { hostileSteps } from './hostile-steps.ts'
import { inventedTransfers, runInvented } from './invented-transfer.ts'

/** In all; `npm run fuzz` sets these. */
const { P2PSHARE_FUZZ_SECONDS: seconds = '3', P2PSHARE_FUZZ_SEED: seed } = env
const limitMs = (1000 * Number(seconds)) / 3

/** Checks `property` for its share of the time. */
async function check<Input>(property: fc.IAsyncProperty<Input>): Promise<void> {
  await fc.assert(property, {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: limitMs,
    markInterruptAsFailure: false,
    ...(seed !== undefined && { seed: Number(seed) }),
  })
}

describe('a transfer with a side that is not what it says', () => {
  it.each(['sender', 'receiver'] as const)(
    'ends in order on the other one, whatever a %s says',
    async (hostile) => {
      await check(
        fc.asyncProperty(settings, hostileSteps(hostile), (setting, steps) =>
          runFuzzed(hostile, setting, steps),
        ),
      )
    },
    limitMs + 60_000,
  )

  it(
    'is right about each file, whatever a sender claims that knows the protocol',
    async () => {
      await check(fc.asyncProperty(inventedTransfers, runInvented))
    },
    limitMs + 60_000,
  )
})
