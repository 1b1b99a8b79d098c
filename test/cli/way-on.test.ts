import { describe, expect, it } from 'vitest'
import { commandAgain, WayOn } from '../../src/cli/way-on.ts'
import { ShareError } from '../../src/errors.ts'
import { offer, progress } from './recorded-events.ts'

describe('commandAgain', () => {
  it.each([
    [['send', 'photos'], undefined, 'p2pshare send photos'],
    [['send', 'my photos', "it's"], undefined, "p2pshare send 'my photos' 'it'\\''s'"],
    [['send', 'a', '--code', '7-velvet-orbit'], '7-velvet-orbit', 'p2pshare send a --code CODE'],
    [['send', 'a', '--code=7-velvet-orbit'], '7-velvet-orbit', 'p2pshare send a --code=CODE'],
    [['send', 'a'], '7-velvet-orbit', 'p2pshare send a'],
    [['receive', '7-velvet-orbit', '-y'], '7-velvet-orbit', 'p2pshare receive CODE -y'],
    [['receive', '7', 'vel', 'orb', '-o', 'x'], '7 vel orb', 'p2pshare receive CODE -o x'],
    [['receive', '-o', 'in'], undefined, 'p2pshare receive -o in'],
  ])('%j', (argv, code, command) => expect(commandAgain(argv, code)).toBe(command))
})

describe('WayOn', () => {
  const stopped = new ShareError('stopped-sigint', 'Stopped')
  const tell = (role: 'sender' | 'receiver', ...events: Parameters<WayOn['onEvent']>[0][]) => {
    const wayOn = new WayOn(role, 'p2pshare send a')
    for (const event of events) wayOn.onEvent(event)
    return wayOn
  }

  it.each([
    [
      'sender',
      /^What the receiver has saved is kept \(20\.0 of 100\.0 MiB\)\. .*\n {2}p2pshare send a$/,
    ],
    ['receiver', /^What arrived is kept \(20\.0 of 100\.0 MiB\)\. .*\n {2}p2pshare send a$/],
  ] as const)('tells a %s what is kept and how to go on', (role, hint) => {
    const error = tell(role, offer, progress(20)).added(stopped)
    expect(error).toMatchObject({ code: 'stopped-sigint', message: 'Stopped', exit: 130 })
    expect(error.hint).toMatch(hint)
  })

  it.each([
    ['nothing has arrived', tell('sender', offer, progress(0)), stopped],
    [
      'it was a text',
      tell('sender', { ...offer, event: 'offer', kind: 'text' } as typeof offer, progress(20)),
      stopped,
    ],
    ['it went wrong', tell('sender', progress(20)), new ShareError('integrity', 'No')],
  ] as const)('adds nothing where %s', (_why, wayOn, error) =>
    expect(wayOn.added(error)).toBe(error),
  )
})
