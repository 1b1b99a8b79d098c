import { readFileSync } from 'node:fs'

/** The page that a newcomer reads first. */
export const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** What is told of the library. */
export const LIBRARY = readFileSync(new URL('../../src/LIBRARY.md', import.meta.url), 'utf8')

/** The fenced blocks of `language` in `page`, without their fences and indentation. */
export function blocks(language: string, page = README): string[] {
  const fenced = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm')
  return [...page.matchAll(fenced)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

/** Every command that the reader is told to type, in order. */
export function commands(): string[] {
  return blocks('sh').flatMap((block) => block.split('\n').filter((line) => line !== ''))
}

/**
 * Who runs a command of the page: `.ci/run`; `install.ts`; or `readme.installed.ts`, as a sender,
 * a receiver or a server of its own, a shell script as a whole, or one of the two or more that a
 * test of its own runs together.
 */
export type Runner =
  | 'ci'
  | 'install'
  | 'sender'
  | 'several'
  | 'receiver'
  | 'server'
  | 'relay'
  | 'script'
  | 'json'
  | 'new'
  | 'text'
  | 'pipe'
  | 'update'
  | 'receipt'
  | 'shell'
  | 'config'
  | 'doctor'
  | 'doctors'

/** How each command is run, so that none can stop working, or be added, unnoticed. */
export const RUNNERS: ReadonlyMap<string, Runner> = new Map([
  ['npm ci && npm run demo', 'ci'],
  ['npm ci && npm test', 'ci'],
  ['npm ci', 'ci'],
  ['npm pack', 'install'],
  ['p2pshare config set rendezvous https://share.example.org', 'config'],
  ['p2pshare config', 'config'],
  ['p2pshare config unset rendezvous', 'config'],
  ['npm install -g ./p2pshare-0.1.0.tgz', 'install'],
  ['source <(p2pshare completion bash)', 'shell'],
  ['man p2pshare', 'shell'],
  ['p2pshare doctor', 'doctor'],
  ['p2pshare doctor --with', 'doctors'],
  ['p2pshare doctor --with 7-velvet-orbit', 'doctors'],
  ['p2pshare doctor --rendezvous https://share.example.org --output downloads', 'doctor'],
  ['p2pshare send holiday.mp4', 'sender'],
  ['p2pshare receive 7-velvet-orbit', 'receiver'],
  ['p2pshare receive 7-velvet-orbit --output downloads', 'receiver'],
  ['p2pshare receive', 'receiver'],
  ['p2pshare receive 7 vel orb', 'receiver'],
  ['p2pshare send holiday.mp4 --code anna-velvet-orbit-ladder --wait 2h', 'sender'],
  ['p2pshare send photos notes.txt', 'sender'],
  ["p2pshare send project --gitignore --exclude '*.mp4'", 'sender'],
  ['p2pshare send photos --reconnect 10m', 'sender'],
  ['p2pshare send holiday.mp4 --direct-only', 'sender'],
  [
    "p2pshare receive 7-velvet-orbit --ice-server 'turn:127.0.0.1:443?transport=tcp,anna,secret'",
    'receiver',
  ],
  ['p2pshare send photos --code 7-velvet-orbit', 'sender'],
  ['p2pshare send holiday.mp4 --receivers 3', 'several'],
  ['p2pshare send holiday.mp4 --keep', 'several'],
  ['p2pshare send --text "see you at 8"', 'text'],
  ['tar c . | p2pshare send -', 'pipe'],
  ['p2pshare receive 7-velvet-orbit -o - | tar x', 'pipe'],
  ['p2pshare receive 7-velvet-orbit --update', 'update'],
  ['p2pshare receive 7-velvet-orbit --receipt receipt.json', 'receipt'],
  ['p2pshare verify receipt.json', 'receipt'],
  ['export P2PSHARE_CODE=build42-velvet-orbit-ladder-timber', 'script'],
  ['p2pshare send report.pdf & p2pshare receive --yes --output downloads && wait $!', 'script'],
  ['p2pshare receive --new --output downloads', 'new'],
  ['p2pshare send report.pdf --to 7-velvet-orbit', 'new'],
  ['p2pshare send report.pdf --json', 'json'],
  ['p2pshare receive 7-velvet-orbit --yes --json --output downloads', 'json'],
  ['p2pshare serve --host 127.0.0.1 --port 7342 --trusted-proxy 127.0.0.1', 'server'],
  ['p2pshare send holiday.mp4 --rendezvous https://share.example.org', 'sender'],
  ['p2pshare serve --host 127.0.0.1 --trusted-proxy 127.0.0.1 --relay', 'relay'],
])

/** The commands that `runner` runs. */
export function commandsOf(runner: Runner): string[] {
  return [...RUNNERS].filter(([, each]) => each === runner).map(([command]) => command)
}
