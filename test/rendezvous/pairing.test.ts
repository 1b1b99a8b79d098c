import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { MAX_RENDEZVOUS_PAYLOAD_BYTES } from '../../src/limits.ts'
import { connectClient, pause, startServer } from './fixture.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('two clients', () => {
  it('meet when the sender comes first', async () => {
    const { url } = await startServer()
    const sender = await connectClient(url)
    const receiver = await connectClient(url)
    const nameplate = await sender.client.open({ role: 'sender' })
    expect(nameplate).toMatch(/^[1-9]$/)
    expect(await receiver.client.open({ role: 'receiver', nameplate })).toBe(nameplate)
    await Promise.all([sender.until('paired'), receiver.until('paired')])
    expect(sender.pairs).toEqual([{ pair: 1, iceServers: [] }])
    expect(receiver.pairs).toEqual(sender.pairs)
  })

  it('meet when the receiver comes first', async () => {
    const { url } = await startServer()
    const sender = await connectClient(url)
    const receiver = await connectClient(url)
    await receiver.client.open({ role: 'receiver', nameplate: 'backup' })
    await sender.client.open({ role: 'sender', nameplate: 'backup' })
    await Promise.all([sender.until('paired'), receiver.until('paired')])
  })

  it('are each handed ICE servers of their own, again with each pairing', async () => {
    let asked = 0
    const iceServers = () => {
      asked += 1
      return [{ urls: ['turn:a'], username: `side ${asked}`, credential: 'c' }]
    }
    const { url } = await startServer({ iceServers })
    const [sender, receiver, nameplate] = await pairUp(url)
    await receiver.client.close()
    await sender.until('left')
    expect(asked).toBe(2)
    const next = await connectClient(url)
    await next.client.open({ role: 'receiver', nameplate })
    await Promise.all([sender.until('paired', 2), next.until('paired')])
    const pairs = [...sender.pairs, ...receiver.pairs, ...next.pairs]
    const usernames = pairs.map((paired) => paired.iceServers[0]?.username)
    expect(usernames.sort()).toEqual(['side 1', 'side 2', 'side 3', 'side 4'])
  })

  it('pass bytes both ways, in order, up to the largest payload', async () => {
    const { url } = await startServer()
    const [sender, receiver] = await pairUp(url)
    const large = 'x'.repeat(MAX_RENDEZVOUS_PAYLOAD_BYTES)
    for (const text of ['one', 'two', large]) sender.client.send(bytes(text))
    receiver.client.send(bytes('back'))
    await Promise.all([receiver.until(`message ${large}`), sender.until('message back')])
    expect(receiver.told).toEqual(['paired', 'message one', 'message two', `message ${large}`])
    expect(() => sender.client.send(bytes(`${large}x`))).toThrow(TypeError)
  })

  it('are told when the other leaves, and meet whoever comes next', async () => {
    const { url } = await startServer()
    const [sender, receiver, nameplate] = await pairUp(url)
    await receiver.client.close()
    await sender.until('left')
    sender.client.send(bytes('to nobody'))

    const next = await connectClient(url)
    await next.client.open({ role: 'receiver', nameplate })
    await Promise.all([sender.until('paired', 2), next.until('paired')])
    sender.client.send(bytes('hello'))
    await next.until('message hello')
    expect(next.told).toEqual(['paired', 'message hello'])
    expect(sender.pairs.map(({ pair }) => pair)).toEqual([1, 2])
    expect(receiver.told).toEqual(['paired'])
  })

  it('leave the receiver waiting when the sender goes', async () => {
    const { url } = await startServer()
    const [sender, receiver] = await pairUp(url)
    await sender.client.close()
    await receiver.until('left')
    await pause(20)
    expect(receiver.told).toEqual(['paired', 'left'])
  })
})

describe('a third party', () => {
  it('is turned away, and the sender is told', async () => {
    const { url } = await startServer()
    const [sender, receiver, nameplate] = await pairUp(url)
    const third = await connectClient(url)
    const error = await failure(third.client.open({ role: 'receiver', nameplate }))
    expect(error.code).toBe('nobody-came')
    await sender.until('crowded')
    sender.client.send(bytes('private'))
    await receiver.until('message private')
    expect(third.told).toEqual([])
  })

  it('cannot take the place of a sender, and may try another nameplate', async () => {
    const { url } = await startServer()
    const [sender, , nameplate] = await pairUp(url)
    const third = await connectClient(url)
    const error = await failure(third.client.open({ role: 'sender', nameplate }))
    expect(error.code).toBe('usage')
    await sender.until('crowded')
    expect(await third.client.open({ role: 'sender', nameplate: 'another' })).toBe('another')
  })

  it('waits while a receiver waits alone, and is turned away by a sender that takes one', async () => {
    const { url } = await startServer()
    const first = await connectClient(url)
    const second = await connectClient(url)
    await first.client.open({ role: 'receiver', nameplate: '77' })
    await second.client.open({ role: 'receiver', nameplate: '77' })
    const sender = await connectClient(url)
    await sender.client.open({ role: 'sender', nameplate: '77' })
    await Promise.all([first.until('paired'), second.until('lost nobody-came')])
  })
})

describe('a sender that takes many', () => {
  it('has one after the other, in the order in which they came', async () => {
    const { url } = await startServer()
    const sender = await connectClient(url)
    const nameplate = await sender.client.open({ role: 'sender', many: true })
    const receivers = []
    for (let count = 0; count < 3; count += 1) {
      const receiver = await connectClient(url)
      await receiver.client.open({ role: 'receiver', nameplate })
      receivers.push(receiver)
    }
    for (const [index, receiver] of receivers.entries()) {
      await Promise.all([sender.until('paired', index + 1), receiver.until('paired')])
      sender.client.send(bytes(`to ${index}`))
      await receiver.until(`message to ${index}`)
      // One leaves by itself, the others are let go.
      if (index === 0) await receiver.client.close()
      else sender.client.next()
    }
    await Promise.all(receivers.slice(1).map((each) => each.until('lost no-rendezvous')))
    expect(sender.told).not.toContain('crowded')
  })

  it('has its line again after it was lost, with those who came meanwhile', async () => {
    const { url } = await startServer()
    const sender = await connectClient(url)
    await sender.client.open({ role: 'sender', nameplate: 'class', many: true })
    const [first, second, third] = [
      await connectClient(url),
      await connectClient(url),
      await connectClient(url),
    ]
    await first.client.open({ role: 'receiver', nameplate: 'class' })
    await second.client.open({ role: 'receiver', nameplate: 'class' })
    await sender.client.close()
    await first.until('left')
    await third.client.open({ role: 'receiver', nameplate: 'class' })
    const again = await connectClient(url)
    await again.client.open({ role: 'sender', nameplate: 'class', many: true })
    await first.until('paired', 2)
    again.client.next()
    await second.until('paired')
    again.client.next()
    await third.until('paired')
  })
})

describe('a nameplate', () => {
  it('is there again for a sender that names it, after it closed and after it was lost', async () => {
    const { url } = await startServer()
    for (let round = 0; round < 2; round += 1) {
      const { client } = await connectClient(url)
      expect(await client.open({ role: 'sender', nameplate: 'fixed' })).toBe('fixed')
      await client.close()
    }
  })

  it('is not given out while it is in use, rests or is waited on', async () => {
    const { url } = await startServer()
    const taken = new Set<string>()
    for (let digit = 1; digit <= 8; digit += 1) {
      const { client } = await connectClient(url)
      if (digit <= 4) await client.open({ role: 'receiver', nameplate: String(digit) })
      else await client.open({ role: 'sender', nameplate: String(digit) })
      if (digit > 6) await client.close()
      taken.add(String(digit))
    }
    const ninth = await connectClient(url)
    expect(await ninth.client.open({ role: 'sender' })).toBe('9')
    const tenth = await connectClient(url)
    expect(await tenth.client.open({ role: 'sender' })).toMatch(/^[1-9][0-9]$/)
  })

  it('has as many digits as the server was told', async () => {
    const { url } = await startServer({ minDigits: 4 })
    const { client } = await connectClient(url)
    expect(await client.open({ role: 'sender' })).toMatch(/^[1-9][0-9]{3}$/)
  })

  it('gives a receiver the same answer whether it is unknown, rests or is unused', async () => {
    const { url } = await startServer()
    const sender = await connectClient(url)
    await sender.client.open({ role: 'sender', nameplate: '5' })
    await sender.client.close()
    const answers: [string, string[]][] = []
    for (const nameplate of ['5', '6', 'unheardof']) {
      const { client, told } = await connectClient(url)
      const answer = await client.open({ role: 'receiver', nameplate })
      await pause(20)
      answers.push([answer === nameplate ? 'same' : answer, told])
    }
    expect(answers).toEqual([
      ['same', []],
      ['same', []],
      ['same', []],
    ])
  })
})

async function pairUp(url: string) {
  const sender = await connectClient(url)
  const receiver = await connectClient(url)
  const nameplate = await sender.client.open({ role: 'sender' })
  await receiver.client.open({ role: 'receiver', nameplate })
  await Promise.all([sender.until('paired'), receiver.until('paired')])
  return [sender, receiver, nameplate] as const
}

async function failure(promise: Promise<unknown>): Promise<ShareError> {
  const error: unknown = await promise.then(
    () => new Error('did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof ShareError) return error
  throw error
}
