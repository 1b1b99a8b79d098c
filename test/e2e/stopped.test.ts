import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { start } from './program.ts'
import { terminal } from './terminal.ts'
import { expectStatuses, sharedFile, startSender, startServer, startTransfer } from './transfer.ts'

/** Two seconds are promised; the rest is for what else this machine may be doing. */
const STOP_MS = 4000

const file = sharedFile(256 * MIB)

describe('stopping one side in mid-transfer', () => {
  it.each([
    ['sender', 'SIGINT', { sender: 130, receiver: 9 }],
    ['sender', 'SIGTERM', { sender: 143, receiver: 9 }],
    ['receiver', 'SIGINT', { sender: 9, receiver: 130 }],
    ['receiver', 'SIGTERM', { sender: 9, receiver: 143 }],
  ] as const)('ends both: the %s gets %s', async (side, signal, expected) => {
    const output = scratchDirectory()
    const transfer = await startTransfer({ file: file.path, output }, await startServer())
    await transfer.sender.event('progress')
    await transfer.receiver.event('progress')
    const stoppedMs = performance.now()
    transfer[side].kill(signal)
    await expectStatuses(transfer, expected)
    const tookMs = performance.now() - stoppedMs
    expect(tookMs).toBeLessThan(STOP_MS)
    expect(readdirSync(output)).not.toContain(file.name)
    for (const [name, program] of Object.entries(transfer)) {
      const code = name === side ? `stopped-${signal.toLowerCase()}` : 'cancelled'
      expect(program.events.at(-1)).toMatchObject({ event: 'error', code })
      expect(program.stdout).toMatch(/\}\n$/)
      expect(program.stderr).toBe('')
    }
  })

  it('leaves the terminal as it was', async (context) => {
    const { server } = await startServer()
    const { sender, full } = await startSender(file.path, { server })
    const options = { through: terminal(context), cwd: scratchDirectory(), env: { TERM: 'xterm' } }
    const receiver = start(['receive', full, '--yes'], options)
    await receiver.text('%', 'stdout')
    receiver.type('\u0003')
    await expectStatuses({ sender, receiver }, { sender: 9, receiver: 130 })
    const [hidden, shown] = ['\u001b[?25l', '\u001b[?25h'].map((sequence) =>
      receiver.stdout.lastIndexOf(sequence),
    )
    expect(shown).toBeGreaterThanOrEqual(hidden ?? 0)
    expect(receiver.stdout).toMatch(/p2pshare:\S* Stopped\.\r\n/)
  })
})

describe('stopping a side that waits', () => {
  it.each([
    ['a sender', () => ['send', file.path]],
    ['a receiver', () => ['receive', '1-zoo-zebra', '--yes']],
  ])('ends it: %s', async (_title, argv) => {
    const { server } = await startServer()
    const program = start([...argv(), '--json', '--rendezvous', server])
    await program.event('waiting')
    const stoppedMs = performance.now()
    program.kill('SIGINT')
    expect(await program.exit, program.describe()).toMatchObject({ status: 130 })
    expect(performance.now() - stoppedMs).toBeLessThan(STOP_MS)
  })
})
