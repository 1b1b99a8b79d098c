import { defineConfig } from 'vitest/config'

/** What users install: needs the network for its dependencies, so it is no part of `npm test`. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/package/*.installed.ts'],
    globalSetup: 'test/package/install.ts',
    // Programs that run on this machine with the same code would meet each other.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
