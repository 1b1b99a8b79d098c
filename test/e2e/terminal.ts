import { execFileSync } from 'node:child_process'
import type { TestContext } from 'vitest'

const IN_TERMINAL = `
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
`

/**
 * The command that runs another one in a terminal, whose screen is its standard output and whose
 * keyboard its standard input. Skips the test where there is no Python for it, except in CI.
 */
export function terminal({ skip }: Pick<TestContext, 'skip'>): readonly string[] {
  try {
    execFileSync('python3', ['-c', 'import os, pty; os.waitstatus_to_exitcode'], { stdio: 'pipe' })
  } catch (error) {
    if (process.env['CI']) throw error
    return skip('there is no python3 with a pty module')
  }
  return ['python3', '-c', IN_TERMINAL]
}
