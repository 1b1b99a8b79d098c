import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { ExistingPolicy } from '../../src/files/existing.ts'
import type { IncomingEntry, IncomingOffer } from '../../src/files/incoming-entry.ts'
import { planIncoming } from '../../src/files/incoming-plan.ts'
import { IncomingTree } from '../../src/files/incoming-tree.ts'
import type { Sink } from '../../src/transfer/ports.ts'
import { scratchDirectory } from './scratch.ts'

export const BLOCK = 1024
/** 2023-11-14, in whole seconds. */
export const MODIFIED_MS = 1_700_000_000_000

/** Contents of files by their paths; null for a directory. */
export type Contents = Record<string, string | Buffer | null>

export interface ReceiveInit {
  cwd: string
  output?: string
  existing?: ExistingPolicy
  update?: boolean
  offer?: Partial<IncomingOffer>
  signal?: AbortSignal
}

export function emptyDirectory(): string {
  return realpathSync(scratchDirectory())
}

/** A directory with `contents` in it. */
export function furnished(contents: Contents): string {
  const cwd = emptyDirectory()
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true })
    if (content === null) mkdirSync(join(cwd, path), { recursive: true })
    else writeFileSync(join(cwd, path), content)
  }
  return cwd
}

export function file(path: string, bytes: number | null, mode = 0o644): IncomingEntry {
  return { path, kind: 'file', bytes, mode, modifiedMs: MODIFIED_MS }
}

export function directory(path: string, mode = 0o755): IncomingEntry {
  return { path, kind: 'directory', bytes: 0, mode, modifiedMs: MODIFIED_MS }
}

export function entriesOf(contents: Contents): IncomingEntry[] {
  return Object.entries(contents).map(([path, content]) =>
    content === null ? directory(path) : file(path, Buffer.byteLength(content)),
  )
}

/** An offer that fits `contents`: one root, or several. */
function offerOf(contents: Contents): IncomingOffer {
  const roots = Object.entries(contents).filter(([path]) => !path.includes('/'))
  const [name = '', content] = roots[0] ?? []
  const kind = roots.length > 1 ? 'several' : content === null ? 'directory' : 'file'
  const files = Object.values(contents).filter((entry) => entry !== null)
  const bytes = files.reduce((sum, entry) => sum + Buffer.byteLength(entry ?? ''), 0)
  return {
    name: kind === 'several' ? `${roots.length} things` : name,
    kind,
    files: files.length,
    bytes,
  }
}

export async function open(contents: Contents, init: ReceiveInit): Promise<IncomingTree> {
  const { cwd, output, existing = 'refuse', update = false, offer } = init
  const { signal = new AbortController().signal } = init
  const plan = await planIncoming(
    { ...offerOf(contents), ...offer },
    { output, cwd, existing, update, signal },
  )
  const tree = await IncomingTree.open(plan)
  onTestFinished(() => tree.discard())
  return tree
}

export interface Transferred {
  /** Bytes that had to be sent. */
  sent: number
  skipped: string[]
}

/** Does what a transfer does with a sink, up to publishing. */
export async function transfer(tree: Sink, contents: Contents): Promise<Transferred> {
  const entries = entriesOf(contents)
  await tree.list(0, entries)
  const result: Transferred = { sent: 0, skipped: [] }
  for (const [index, { path, kind, bytes }] of entries.entries()) {
    if (kind === 'directory') continue
    const content = Buffer.from(contents[path] ?? '')
    const there = tree.mayHave && content.length > 0 ? await tree.compare(index, BLOCK) : []
    if (there === 'skip') {
      result.skipped.push(path)
      continue
    }
    const digests: string[] = []
    for await (const digest of there) digests.push(Buffer.from(digest).toString('hex'))
    for (let block = 0; block * BLOCK < content.length; block++) {
      const data = content.subarray(block * BLOCK, (block + 1) * BLOCK)
      if (digests[block] === createHash('sha256').update(data).digest('hex')) continue
      await tree.write(index, block * BLOCK, [data])
      result.sent += data.length
    }
    await tree.finish(index, bytes ?? content.length)
  }
  return result
}

/** Receives it all, and says what was sent for that. */
export async function receiveAll(contents: Contents, init: ReceiveInit): Promise<Transferred> {
  const tree = await open(contents, init)
  const result = await transfer(tree, contents)
  await tree.publish()
  expect(existsSync(tree.saved)).toBe(true)
  return result
}

/** The path of what is staged in `parent`. */
export function stagedIn(parent: string): string {
  const [name, ...others] = readdirSync(parent).filter((entry) => entry.startsWith('.p2pshare-'))
  expect(others).toEqual([])
  return join(parent, name ?? expect.fail('nothing is staged'))
}
