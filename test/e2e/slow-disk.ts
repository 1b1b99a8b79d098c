import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { scratchDirectory } from '../files/scratch.ts'

/** The environment in which writing takes `writeMs` a block, whatever the disk, in four threads. */
export function slowDisk({ skip }: Pick<TestContext, 'skip'>, writeMs: number): NodeJS.ProcessEnv {
  const source = fileURLToPath(new URL('slow-writes.c', import.meta.url))
  const library = join(scratchDirectory(), 'slow-writes.so')
  try {
    execFileSync('gcc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'pipe' })
  } catch (error) {
    if (process.env['CI']) throw error
    return skip('there is no compiler that makes a library to preload')
  }
  return { LD_PRELOAD: library, SLOW_WRITE_MS: String(writeMs) }
}
