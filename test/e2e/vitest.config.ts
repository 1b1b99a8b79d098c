import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/e2e/build.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each test runs two engines, and what is measured must not be another test's load.
    fileParallelism: false,
    // Shared machines stall for seconds; a test that fails twice in a row has found something.
    retry: process.env['CI'] ? 1 : 0,
  },
})
