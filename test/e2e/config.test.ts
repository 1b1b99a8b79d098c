import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { scratchDirectory } from '../files/scratch.ts'
import { sha256Of } from './content.ts'
import { start } from './program.ts'
import { expectStatuses, parcel, startServer } from './transfer.ts'

it('a transfer goes by what is in the file of settings, of which each command takes its own', async () => {
  const { server } = await startServer()
  const { file, sha256, output, saved } = parcel(100_000)
  const XDG_CONFIG_HOME = scratchDirectory()
  mkdirSync(join(XDG_CONFIG_HOME, 'p2pshare'))
  const settings = { rendezvous: server, json: true, yes: true, output, words: 5, lanes: 1 }
  writeFileSync(join(XDG_CONFIG_HOME, 'p2pshare/config.json'), JSON.stringify(settings))
  const env = { XDG_CONFIG_HOME }

  const sender = start(['send', file], { env })
  const { code, full } = await sender.event('code')
  expect(code.split('-')).toHaveLength(6)
  expect(full).toContain(new URL(server).host)
  const receiver = start(['receive', code], { env })
  await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
  expect(await sha256Of(saved)).toBe(sha256)
})
