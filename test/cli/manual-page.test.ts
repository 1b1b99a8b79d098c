import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { COMMAND_PAGES, type CommandPage } from '../../src/cli/command-pages.ts'
import { manualPage } from '../../src/cli/manual-page.ts'
import { ERROR_CODES } from '../../src/errors.ts'

/** As man(1) shows it on a wide terminal, without boldness; and what groff complains of. */
function shown(page: string): { text: string; complaints: string } {
  const args = ['-man', '-Tutf8', '-ww', '-rLL=200n', '-P-c', '-P-b', '-P-u']
  const { stdout, stderr, error } = spawnSync('groff', args, { input: page, encoding: 'utf8' })
  if (error) throw error
  return { text: stdout, complaints: stderr }
}

it('the manual has every command, flag, example and status, and groff reads it without a warning', () => {
  const { text, complaints } = shown(manualPage('1.2.3'))
  expect(complaints).toBe('')
  expect(text).toContain('p2pshare 1.2.3')
  for (const page of Object.values<CommandPage>(COMMAND_PAGES)) {
    expect(text).toContain(`p2pshare ${page.usage}`)
    for (const flag of Object.keys(page.flags)) expect(text).toContain(`--${flag}`)
    for (const [line] of page.examples) expect(text).toContain(line.replace('$0', 'p2pshare'))
  }
  for (const code of ERROR_CODES) expect(text).toContain(code)
})

it('nothing in it is taken for a request of roff', () => {
  const flags = { note: { type: 'string', describe: ".br is no 'request', nor is \\n" } } as const
  const page: CommandPage = { usage: 'x', summary: '.SH x', words: {}, flags, examples: [] }
  const { text, complaints } = shown(manualPage('1.2.3', { x: page }))
  expect(complaints).toBe('')
  expect(text).toContain(".br is no 'request', nor is \\n")
  expect(text).toContain('.SH x.')
})
