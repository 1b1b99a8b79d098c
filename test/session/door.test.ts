import { expect, it, onTestFinished } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { MAX_BURNED_CODES } from '../../src/limits.ts'
import { Door } from '../../src/session/door.ts'
import { Meeting } from '../../src/session/meeting.ts'
import type { Session } from '../../src/session/session.ts'
import { CAPABILITIES, eventually, startServer } from './scene.ts'

interface Code {
  nameplate: string
  secret: string
}

/** A door that notes what comes of it, and how the next session is answered. */
async function openDoor(
  url: string,
  { custom, goesOn = true }: { custom?: Code; goesOn?: boolean },
) {
  const codes: Code[] = []
  const sessions: Session[] = []
  const closed: ShareError[] = []
  let guesses = 0
  const door = await Door.open({
    url,
    custom,
    newSecret: () => `velvet-orbit-${codes.length}`,
    capabilities: CAPABILITIES,
    connectivity: {},
    onCode: (code) => codes.push(code),
    onWrongCode: () => {
      guesses += 1
    },
    onWarning: () => {},
    onSession: (session) => {
      sessions.push(session)
      return goesOn
    },
    onClosed: (error) => closed.push(error),
    signal: new AbortController().signal,
  })
  onTestFinished(async () => {
    await door.close()
    for (const session of sessions) session.close()
  })
  const current = () => codes.at(-1) ?? expect.fail('there is no code')
  return { door, codes, sessions, closed, current, guesses: () => guesses }
}

/** Somebody who comes with `code`; the session, once there is one. */
async function come(url: string, code: Code): Promise<Session> {
  const meeting = await Meeting.open({
    url,
    role: 'receiver',
    ...code,
    capabilities: CAPABILITIES,
    connectivity: {},
    onEvent: () => {},
    signal: new AbortController().signal,
  })
  try {
    const session = await meeting.session
    onTestFinished(() => session.close())
    return session
  } finally {
    await meeting.close()
  }
}

it('a door lets in who waited while it was shut', async () => {
  const { url } = await startServer()
  const { door, sessions, current } = await openDoor(url, { goesOn: false })
  const coming = [come(url, current()), come(url, current()), come(url, current())]
  for (let count = 1; count <= coming.length; count += 1) {
    await eventually(() => expect(sessions).toHaveLength(count))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sessions).toHaveLength(count)
    door.setOpen(true)
  }
  await Promise.all(coming)
})

it('a door has a new code after each wrong one, but not for ever; old ones are refused', async () => {
  const { url } = await startServer()
  const { codes, closed, sessions, current, guesses } = await openDoor(url, {})
  for (let count = 1; count <= MAX_BURNED_CODES; count += 1) {
    const wrong = { ...current(), secret: 'something-else' }
    await expect(come(url, wrong)).rejects.toMatchObject({ code: 'wrong-code' })
    await eventually(() => expect(guesses()).toBe(count))
    if (count < MAX_BURNED_CODES) await eventually(() => expect(codes).toHaveLength(count + 1))
  }
  await eventually(() => expect(closed).toMatchObject([{ code: 'wrong-code' }]))
  expect(codes).toHaveLength(MAX_BURNED_CODES)
  expect(new Set(codes.map(({ nameplate }) => nameplate)).size).toBe(MAX_BURNED_CODES)
  for (const code of [codes[0], codes.at(-1)]) {
    await expect(come(url, code ?? current())).rejects.toMatchObject({ code: 'wrong-code' })
  }
  expect(sessions).toEqual([])
})

it('a door with a code of its own has no other one', async () => {
  const { url } = await startServer()
  const custom = { nameplate: 'class', secret: 'velvet-orbit' }
  const { codes, closed, sessions, current } = await openDoor(url, { custom })
  await come(url, current())
  await eventually(() => expect(sessions).toHaveLength(1))
  const wrong = { ...custom, secret: 'something-else' }
  await expect(come(url, wrong)).rejects.toBeInstanceOf(ShareError)
  await eventually(() => expect(closed).toMatchObject([{ code: 'wrong-code' }]))
  expect(codes).toEqual([custom])
})
