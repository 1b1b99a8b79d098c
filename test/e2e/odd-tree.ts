import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Names that every receiver takes and that programs like to stumble over. */
const ODD_NAMES = [
  ' leading blank',
  'two  blanks',
  '-rf',
  '--output',
  '~',
  '$HOME',
  '`reboot`',
  '$(reboot)',
  "it's",
  '"quoted"',
  'a;b&c|d',
  '*?[x]{y}',
  '%s%n%00',
  '#!',
  '!history',
  '@file',
  '(brackets)',
  'a,b=c+d',
  '.hidden',
  '...dots',
  '.p2pshare',
  'no.extension.at.all',
  'family 👨‍👩‍👧‍👦.jpg',
  '🏃🏽‍♀️ 🏳️‍🌈 ❤️',
  '日本語.txt',
  'ελληνικά',
  'עברית',
  'العربية',
  'composed \u00e9'.normalize('NFC'),
  'decomposed \u00e9'.normalize('NFD'),
  '\u1e9b\u0323 kept as it is',
  'ﬁ ligature',
  'x'.repeat(255),
  'é'.repeat(127),
  '字'.repeat(85),
] as const

const FILE_MODES = [0o644, 0o600, 0o755, 0o444, 0o640]
const DIRECTORY_MODES = [0o755, 0o700, 0o555, 0o750]
const FILES_PER_DIRECTORY = 50
/** 2001-09-09, and a millisecond that no whole second has. */
const FIRST_MODIFIED_MS = 1_000_000_000_123

/** Makes a tree of `count` files with odd names, modes and times below `root`, which is new. */
export function plantOddTree(root: string, count: number): void {
  const directories = [root]
  mkdirSync(root)
  for (let number = 0; number < count; number++) {
    if (number % FILES_PER_DIRECTORY === 0) directories.push(newDirectory(directories, number))
    const directory = directories.at(-1) ?? root
    const name = oddName(number % FILES_PER_DIRECTORY)
    const path = join(directory, name)
    writeFileSync(path, `${number} `.repeat(number % 7 === 0 ? 0 : number % 2000), {
      mode: 0o600,
    })
    finish(path, FILE_MODES, number)
  }
  for (const [number, path] of directories.entries()) finish(path, DIRECTORY_MODES, number)
  // Whoever is not root could not remove it otherwise.
  onTestFinished(() => makeWritable(root))
}

/** Deep ones and wide ones, in turn. */
function newDirectory(directories: readonly string[], number: number): string {
  const turn = number / FILES_PER_DIRECTORY
  const parent = (turn % 5 === 4 ? directories[0] : directories.at(-1)) ?? '.'
  const odd = ODD_NAMES[turn % ODD_NAMES.length] ?? ''
  const name = Buffer.byteLength(odd) > 40 ? `d${turn}` : `${odd} ${turn}`
  const path = join(parent, name)
  mkdirSync(path)
  return path
}

function oddName(number: number): string {
  return ODD_NAMES[number] ?? `${ODD_NAMES[number % 30]} ${number}`
}

function finish(path: string, modes: readonly number[], number: number): void {
  const seconds = (FIRST_MODIFIED_MS + number * 1_000_003) / 1000
  chmodSync(path, modes[number % modes.length] ?? 0o644)
  utimesSync(path, seconds, seconds)
}

/** Allows everything below `root` to be removed. */
export function makeWritable(root: string): void {
  chmodSync(root, 0o755)
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(root, entry.name))
  }
}

/** Everything below `root`: path, kind, permissions, time of change in milliseconds, contents. */
export function describeTree(root: string, path = ''): string[] {
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => {
      const inside = join(path, name)
      const stats = lstatSync(join(root, inside), { bigint: true })
      const isDirectory = stats.isDirectory()
      const contents = isDirectory ? 'directory' : sha256(readFileSync(join(root, inside)))
      const mode = (stats.mode & 0o7777n).toString(8)
      const line = `${JSON.stringify(inside)} ${mode} ${stats.mtimeMs} ${contents}`
      return isDirectory ? [line, ...describeTree(root, inside)] : [line]
    })
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
