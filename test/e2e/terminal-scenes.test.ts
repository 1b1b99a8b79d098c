import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { playScenes } from '../demo/scenes.mjs'
import { shapeOf, terminalPage, WIDTHS } from '../demo/terminal-page.mjs'
import { blocks } from '../package/readme.ts'

const PAGE = readFileSync(new URL('../../src/cli/TERMINAL.md', import.meta.url), 'utf8')

it('what terminals show is what TERMINAL.md shows, but for figures', async ({ skip }) => {
  try {
    execFileSync('tmux', ['-V'])
    execFileSync('unshare', ['--user', '--map-root-user', '--net', 'true'])
  } catch (error) {
    if (process.env['CI']) throw error
    skip('there is no tmux, or no network namespace')
  }
  const scenes = new Map<number, Awaited<ReturnType<typeof playScenes>>>()
  for (const columns of WIDTHS) scenes.set(columns, await playScenes(columns))
  for (const [columns, played] of scenes) {
    const lines = played.flatMap(({ screens }) => screens.flatMap((screen) => screen.lines))
    const bars = lines.filter((line) => /^ *\d+% /.test(line))
    expect(bars.length).toBeGreaterThan(2)
    for (const bar of bars) expect(bar.length).toBeLessThan(columns)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
  }
  expect(shapeOf(terminalPage(scenes))).toBe(shapeOf(PAGE))
}, 300_000)

it('the README begins with terminals of TERMINAL.md', () => {
  const [sender = '', receiver = ''] = blocks('text')
  for (const screen of [sender, receiver]) expect(PAGE).toContain(`\`\`\`text\n${screen}\`\`\``)
})
