import { writeFileSync } from 'node:fs'
import { playScenes } from './scenes.mjs'
import { terminalPage, WIDTHS } from './terminal-page.mjs'

const PAGE = new URL('../../src/cli/TERMINAL.md', import.meta.url)

/** @type {Map<number, import('./scenes.mjs').Scene[]>} */
const scenes = new Map()
for (const columns of WIDTHS) scenes.set(columns, await playScenes(columns))
writeFileSync(PAGE, terminalPage(scenes))
