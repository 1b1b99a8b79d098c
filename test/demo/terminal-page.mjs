/** @import { Scene } from './scenes.mjs' */

/** The widths that are shown. */
export const WIDTHS = [80, 40]

const HEAD = `# What it looks like

Terminals of 80 and of 40 columns, recorded from real programs by \`npm run record\`; a test plays
the scenes again and compares. The code is fixed, and the line between the two sides carries 40 MB/s.
`

/**
 * The page that shows `scenes` of each width.
 * @param {ReadonlyMap<number, Scene[]>} scenesByWidth
 */
export function terminalPage(scenesByWidth) {
  const parts = [...scenesByWidth].flatMap(([columns, scenes]) =>
    scenes.flatMap(({ title, screens }) => [
      `\n## ${title}, ${columns} columns\n`,
      ...screens.map(
        (screen) => `\n${screen.title}:\n\n\`\`\`text\n${screen.lines.join('\n')}\n\`\`\`\n`,
      ),
    ]),
  )
  return [HEAD, ...parts].join('')
}

/**
 * `page` without what differs from run to run: figures, units, the transports, bars, where lines
 * break, and what there is room for in the last of them.
 * @param {string} page
 */
export function shapeOf(page) {
  return page
    .replaceAll(/^ *\d+% .*$/gm, 'BAR')
    .replaceAll(/\s+/g, '')
    .replaceAll('Waitingforthesender.', '')
    .replaceAll(/(UDP|TCP)(and(UDP|TCP))?/g, 'TRANSPORT')
    .replaceAll(/\d+(\.\d+)?/g, 'N')
    .replaceAll(/N(h|min|s)(N(min|s))?/g, 'TIME')
    .replaceAll(/N([KMG]i|[kMG])?B/g, 'SIZE')
    .replaceAll('Nof', 'SIZEof')
    .replaceAll(/under(?=N)|,SIZEonthewire|\(SIZE\/s\)|,directoverTRANSPORT/g, '')
}
