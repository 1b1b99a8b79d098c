import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { digestOf, totalBytes } from './contents.mjs'

async function tree(name: string, contents: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'p2pshare-bench-contents-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await mkdir(join(directory, 'below'))
  await writeFile(join(directory, 'a'), 'one')
  await writeFile(join(directory, 'below', name), contents)
  return directory
}

it('counts the bytes of a tree and of a file', async () => {
  const directory = await tree('b', 'four')
  expect(await totalBytes(directory)).toBe(7)
  expect(await totalBytes(join(directory, 'a'))).toBe(3)
})

it('tells trees apart by names and contents, and by nothing else', async () => {
  const digest = await digestOf(await tree('b', 'four'))
  expect(await digestOf(await tree('b', 'four'))).toBe(digest)
  expect(await digestOf(await tree('c', 'four'))).not.toBe(digest)
  expect(await digestOf(await tree('b', 'five'))).not.toBe(digest)
})
