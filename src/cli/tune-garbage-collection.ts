import { setFlagsFromString } from 'node:v8'

/** Tells V8 what a transfer is like: little is kept, and much is left behind. */
export function tuneGarbageCollection(): void {
  // There is hardly anything to look through, and threads that wait for each other took a tenth of
  // the processor time.
  setFlagsFromString('--no-parallel-scavenge')
  setFlagsFromString('--no-concurrent-marking')
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
  // What thousands of small files leave behind would else pile up to four times what is in use.
  setFlagsFromString('--heap-growing-percent=30')
}
