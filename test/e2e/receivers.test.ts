import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { sha256Of } from './content.ts'
import { type EventOf, type Program, start } from './program.ts'
import { type Parcel, parcel, startReceiver, startSender, startServer } from './transfer.ts'

/** So slow that all who come early are served side by side. */
const SLOWLY = ['--limit', '6M']

/** A directory of its own for each receiver. */
function outputs(what: Parcel, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const output = join(what.output, String(index + 1))
    mkdirSync(output)
    return output
  })
}

async function expectSaved(what: Parcel, receiver: Program, output: string): Promise<void> {
  expect(await receiver.exit, receiver.describe()).toMatchObject({ status: 0 })
  expect(await sha256Of(join(output, what.name))).toBe(what.sha256)
}

async function summaryOf(sender: Program): Promise<EventOf<'summary'>> {
  await sender.exit
  const [summary, ...further] = sender.eventsOf('summary')
  expect(further).toEqual([])
  return summary ?? expect.fail(sender.describe())
}

/** Guesses at the code's secret, which burns it. */
async function guess(code: string, output: string, server: string): Promise<void> {
  const [nameplate] = code.split('-')
  const intruder = startReceiver(`${nameplate}-wrong-wrong`, output, { server })
  expect(await intruder.exit, intruder.describe()).toMatchObject({ status: 3 })
}

const isOf = (receiver: number) => (event: { receiver?: number }) => event.receiver === receiver

describe('send --receivers', () => {
  it('five: one is killed, one has the wrong code, three complete', async () => {
    const { server } = await startServer()
    const what = parcel(24 * MIB)
    const [first, second, third, other, last] = outputs(what, 5)
    const flags = ['--receivers', '5', '--wait', '10s', '--reconnect', '2s', ...SLOWLY]
    const { sender, code } = await startSender(what.file, { server, sendFlags: flags })
    const victim = startReceiver(code, String(first), { server })
    await sender.event('progress', isOf(1))
    victim.kill('SIGKILL')
    const two = startReceiver(code, String(second), { server })
    const three = startReceiver(code, String(third), { server })
    await Promise.all([sender.event('connected', isOf(2)), sender.event('connected', isOf(3))])

    await guess(code, String(other), server)
    const renewed = await sender.event('code', (event) => event.code !== code)
    const four = startReceiver(renewed.code, String(last), { server })

    await expectSaved(what, two, String(second))
    await expectSaved(what, three, String(third))
    await expectSaved(what, four, String(last))
    expect(await sender.exit, sender.describe()).toEqual({ status: 11, signal: null })
    const { results, ...counts } = await summaryOf(sender)
    const expected = { receivers: 5, completed: 3, failed: 1, missing: 1, wrongCodes: 1 }
    expect(counts).toMatchObject(expected)
    const byReceiver = results.toSorted((one, other) => one.receiver - other.receiver)
    expect(byReceiver).toMatchObject([
      { receiver: 1, exit: 6, error: { code: 'interrupted', exit: 6 } },
      { receiver: 2, exit: 0, summary: { bytes: 24 * MIB } },
      { receiver: 3, exit: 0, summary: { bytes: 24 * MIB } },
      { receiver: 4, exit: 0, summary: { bytes: 24 * MIB } },
    ])
    expect(sender.events.at(-1)).toMatchObject({ event: 'error', code: 'not-all', exit: 11 })
    expect(sender.eventsOf('error').filter(isOf(1))).toMatchObject([{ code: 'interrupted' }])
    const { message } = await sender.event('warning', ({ message }) => message.includes('wrong'))
    expect(message).toContain('a new one for those still to come')
  })

  it('ten that start at the same moment all get it, with a receipt for each', async () => {
    const { server } = await startServer()
    const what = parcel(2 * MIB)
    const directories = outputs(what, 10)
    const receipt = join(what.output, 'receipt.json')
    const flags = ['--receivers', '10', '--receipt', receipt]
    const { sender, code } = await startSender(what.file, { server, sendFlags: flags })
    const receivers = directories.map((output) => startReceiver(code, output, { server }))
    for (const [index, receiver] of receivers.entries()) {
      await expectSaved(what, receiver, String(directories[index]))
    }
    expect(await sender.exit, sender.describe()).toMatchObject({ status: 0 })
    expect(await summaryOf(sender)).toMatchObject({ completed: 10, failed: 0, missing: 0 })
    for (let number = 1; number <= 10; number += 1) {
      const written = readFileSync(join(what.output, `receipt.${number}.json`), 'utf8')
      expect(JSON.parse(written)).toMatchObject({ role: 'sender', name: what.name })
    }
    expect(existsSync(receipt)).toBe(false)
  })

  it('share the line fairly', async () => {
    const { server } = await startServer()
    const what = parcel(24 * MIB)
    const directories = outputs(what, 3)
    const flags = ['--receivers', '3', ...SLOWLY]
    const { sender, code } = await startSender(what.file, { server, sendFlags: flags })
    const receivers = directories.map((output) => startReceiver(code, output, { server }))
    await sender.event('done')
    const arrived = [1, 2, 3].map((receiver) => {
      const progress = sender.eventsOf('progress').filter(isOf(receiver))
      return progress.at(-1)?.bytes ?? 0
    })
    for (const bytes of arrived) expect(bytes).toBeGreaterThan(8 * MIB)
    await Promise.all(receivers.map((receiver) => receiver.exit))
    expect(await sender.exit).toMatchObject({ status: 0 })
  })

  it('let one that was killed and started again go on in its place', async () => {
    const { server } = await startServer()
    const what = parcel(24 * MIB)
    const flags = ['--receivers', '1', ...SLOWLY]
    const { sender, code } = await startSender(what.file, { server, sendFlags: flags })
    const victim = startReceiver(code, what.output, { server })
    await sender.event('progress', ({ bytes }) => bytes > 8 * MIB)
    victim.kill('SIGKILL')
    await expectSaved(what, startReceiver(code, what.output, { server }), what.output)
    expect(await sender.exit, sender.describe()).toMatchObject({ status: 0 })
    const { results } = await summaryOf(sender)
    expect(results).toMatchObject([{ receiver: 1, exit: 0 }])
    expect(results[0]?.summary?.sent).toBeLessThan(20 * MIB)
  })

  it("ends for those to come when a code of one's own is burned", async () => {
    const { server } = await startServer()
    const what = parcel(24 * MIB)
    const [first, second] = outputs(what, 2)
    const flags = ['--receivers', '2', '--code', 'class-velvet-orbit', ...SLOWLY]
    const { sender, code } = await startSender(what.file, { server, sendFlags: flags })
    const receiver = startReceiver(code, String(first), { server })
    await sender.event('progress')
    await guess(code, String(second), server)
    // Whoever comes now is told so at once.
    const late = startReceiver(code, String(second), { server })
    expect(await late.exit, late.describe()).toMatchObject({ status: 3 })
    await expectSaved(what, receiver, String(first))
    expect(await sender.exit, sender.describe()).toMatchObject({ status: 11 })
    expect(sender.eventsOf('code')).toHaveLength(1)
    expect(await summaryOf(sender)).toMatchObject({ completed: 1, missing: 1, wrongCodes: 1 })
  })

  it('refuses what can be read only once', async () => {
    const sender = start(['send', '-', '--receivers', '2', '--json'])
    sender.feed('once')
    expect(await sender.exit).toMatchObject({ status: 2 })
    expect(sender.events).toMatchObject([{ event: 'error', code: 'usage' }])
  })
})

describe('send --keep', () => {
  it('serves one after the other, over a restart of the rendezvous, until Ctrl-C', async () => {
    const { server, program } = await startServer()
    const port = Number(new URL(server).port)
    const what = parcel(MIB)
    const [first, second] = outputs(what, 2)
    const { sender, code } = await startSender(what.file, { server, sendFlags: ['--keep'] })
    await expectSaved(what, startReceiver(code, String(first), { server }), String(first))
    await sender.event('done', isOf(1))

    program.kill('SIGKILL')
    await program.exit
    await startServer({ port })
    await expectSaved(what, startReceiver(code, String(second), { server }), String(second))
    await sender.event('done', isOf(2))

    sender.kill('SIGINT')
    expect(await sender.exit, sender.describe()).toMatchObject({ status: 0 })
    expect(await summaryOf(sender)).toMatchObject({ receivers: null, completed: 2, failed: 0 })
    expect(sender.eventsOf('error')).toEqual([])
  })

  it('ends with 130 where Ctrl-C breaks a transfer off', async () => {
    const { server } = await startServer()
    const what = parcel(24 * MIB)
    const sendFlags = ['--keep', ...SLOWLY]
    const { sender, code } = await startSender(what.file, { server, sendFlags })
    const receiver = startReceiver(code, what.output, { server })
    await sender.event('progress')
    sender.kill('SIGINT')
    expect(await sender.exit, sender.describe()).toMatchObject({ status: 130 })
    expect(await receiver.exit, receiver.describe()).toMatchObject({ status: 9 })
    expect(await summaryOf(sender)).toMatchObject({ completed: 0, failed: 1 })
  })
})
