import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { start } from './program.ts'
import {
  expectStatuses,
  parcel,
  startReceiver,
  startSender,
  startServer,
  startTransfer,
} from './transfer.ts'

/** What a description of a connection cannot be without (RFC 8866, RFC 8839). */
const SDP = /\b(?:v=0|o=-|a=|m=application|ice-(?:ufrag|pwd)|fingerprint|sha-256)/i
/** A key, or a piece of one. */
const LONG_HEX = /[0-9a-f]{32}/i

describe.each(['--verbose', '--debug'] as const)('%s', (flag) => {
  it('explains a transfer on standard error, beside the events, and tells no secret', async () => {
    const both = { ...(await startServer()), sendFlags: [flag], receiveFlags: [flag] }
    const { sender, code } = await startSender(parcel(64 * MIB).file, both)
    const receiver = startReceiver(code, parcel(1).output, both)
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    const [, ...words] = code.split('-')
    for (const { stderr, stdout } of [sender, receiver]) {
      for (const fact of [
        `Waiting at the rendezvous server ${both.server}`,
        `Somebody is there, at ${both.server}`,
        'Both know the code',
        /this side may be reached at \S+ \(host, udp\)/,
        /the other side may be reached at \S+ \(host, udp\)/,
        /Lane 0 goes direct over UDP, [\d.]+ ms round trip, from \S+ \(host, udp\) to/,
        'Lane 1 over TCP is open',
        'Lane 0 is closed',
        'The offer is accepted',
        'The transfer is over.',
      ]) {
        expect(stderr).toMatch(fact)
      }
      for (const word of words) expect(stderr).not.toContain(word)
      expect(stderr).not.toMatch(SDP)
      expect(stderr).not.toMatch(LONG_HEX)
      for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^\{"v":1,.*\}$/)
    }
  })
})

it('a wrong code is explained on both sides, without the words of either', async () => {
  const server = { ...(await startServer()), sendFlags: ['--debug'], receiveFlags: ['--debug'] }
  const own = { ...server, sendFlags: ['--debug', '--code', 'shop-velvet-orbit-ladder'] }
  const { sender } = await startSender(parcel(1).file, own)
  const receiver = startReceiver('shop-timber-mosquito-tortoise', parcel(1).output, server)
  await expectStatuses({ sender, receiver }, { sender: 3, receiver: 3 })
  for (const { stderr } of [sender, receiver]) {
    expect(stderr).toMatch(/^\S+Z The proof failed: /m)
    expect(stderr).toMatch(/^ShareError: .*\n {4}at /m)
    expect(stderr).not.toMatch(/velvet|orbit|ladder|timber|mosquito|tortoise/)
  }
})

it('a server that does not answer is named, with the cause', async () => {
  const receiver = start(['receive', '7-velvet-orbit@127.0.0.1:1', '--yes', '--verbose'])
  expect((await receiver.exit).status).toBe(10)
  expect(receiver.stderr).toMatch(
    /^\[ +\d+\.\d\d s\] No answer from the rendezvous server at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/m,
  )
})

it('P2PSHARE_DEBUG is --debug, and without either standard error has no word of it', async () => {
  const server = await startServer()
  const debug = { ...server, receiverEnv: { P2PSHARE_DEBUG: '1' } }
  const transfer = await startTransfer(parcel(1), debug)
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(transfer.receiver.stderr).toContain('Lane 0: path is connected')
  expect(transfer.sender.stderr).toBe('')
})
