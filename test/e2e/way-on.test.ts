import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { start } from './program.ts'
import { terminal } from './terminal.ts'
import { expectStatuses, parcel, startServer } from './transfer.ts'

it('an interrupted transfer tells both sides what is kept and what to type', async () => {
  const { server } = await startServer()
  const { file, output } = parcel(256 * MIB)
  const sender = start(['send', file, '--rendezvous', server, '--limit', '20M'])
  await sender.text('Waiting', 'stderr')
  const code = /p2pshare receive (\S+)/.exec(sender.stderr)?.[1] ?? ''
  const receiver = start(['receive', code, '--yes', '-o', output])
  await receiver.text('%,', 'stderr')
  receiver.kill('SIGINT')
  await expectStatuses({ sender, receiver }, { sender: 9, receiver: 130 })
  const kept = /kept \([\d.]+ of 256\.0 MiB\)/
  expect(sender.stderr).toMatch(kept)
  expect(sender.stderr).toContain(
    `new code:\n  p2pshare send '${file}' --rendezvous ${server} --limit 20M\n`,
  )
  expect(receiver.stderr).toMatch(kept)
  expect(receiver.stderr).toContain(`new code:\n  p2pshare receive CODE --yes -o ${output}\n`)
  expect(receiver.stderr).not.toContain(code)
})

it('the time that a person takes to say yes is no time of the transfer', async (context) => {
  const { server } = await startServer()
  const { file, output } = parcel(MIB)
  const sender = start(['send', file, '--json', '--rendezvous', server])
  const { full } = await sender.event('code')
  const options = { through: terminal(context), cwd: output, env: { TERM: 'xterm' } }
  const receiver = start(['receive', full], options)
  await receiver.text('Save it?', 'stdout')
  await pause(4000)
  receiver.type('y\r')
  await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
  expect((await sender.event('done')).seconds).toBeLessThan(4)
  expect(/ in ([\d.]+) s/.exec(receiver.stdout)?.[1]).toSatisfy((seconds) => Number(seconds) < 4)
})
