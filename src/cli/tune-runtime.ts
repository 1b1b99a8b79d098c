import { setFlagsFromString } from 'node:v8'

/** From this version of V8 on, how often a function ran decides whether it is optimized. */
const COUNTS_INVOCATIONS = 12

/** Tells V8 what a transfer is like: little is kept, much is left behind, and mostly it is short. */
export function tuneRuntime(): void {
  // There is hardly anything to look through: threads that wait for each other, and work that is
  // cut into steps, took a sixth of the processor time.
  setFlagsFromString('--no-parallel-scavenge')
  setFlagsFromString('--no-incremental-marking')
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
  // What thousands of small files leave behind would else pile up to four times what is in use.
  setFlagsFromString('--heap-growing-percent=30')
  // A function is optimized eight times later: in a transfer of seconds that took a sixth of the
  // processor time and gave back less. One of minutes gets there all the same.
  const [major = '0'] = process.versions.v8.split('.')
  const countsInvocations = Number(major) >= COUNTS_INVOCATIONS
  setFlagsFromString(
    countsInvocations ? '--invocation-count-for-turbofan=24000' : '--interrupt-budget=528000',
  )
}
