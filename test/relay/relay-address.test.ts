import { describe, expect, it } from 'vitest'
import {
  checkRelayAddresses,
  chooseRelayAddresses,
  parseRelayAddress,
} from '../../src/relay/relay-address.ts'

describe('parseRelayAddress', () => {
  it.each([
    ['203.0.113.2', '203.0.113.2', '203.0.113.2'],
    ['10.0.0.5', '10.0.0.5', '10.0.0.5'],
    ['203.0.113.2/10.0.0.5', '203.0.113.2', '10.0.0.5'],
    ['2001:db8::2', '2001:db8::2', '2001:db8::2'],
    ['2001:db8::2/fd00::5', '2001:db8::2', 'fd00::5'],
  ])('reads %s', (text, outer, local) => {
    expect(parseRelayAddress(text)).toEqual({ public: outer, local })
  })

  it.each([
    '',
    '/',
    '203.0.113.2/',
    '/10.0.0.5',
    '203.0.113.2/24',
    '203.0.113.2/10.0.0.5/x',
    '203.0.113.2/fd00::5',
    'relay.example.org',
    '203.0.113.2:3478',
    '[2001:db8::2]',
    '2001:db8::2%eth0',
    '203.0.113.2\nno-auth',
  ])('refuses %j', (text) => {
    expect(() => parseRelayAddress(text)).toThrow('is no address for a relay')
  })

  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '169.254.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:203.0.113.2',
    'fe80::1',
    'ff02::1',
    '203.0.113.2/127.0.0.1',
  ])('refuses %s, where nobody comes', (text) => {
    expect(() => parseRelayAddress(text)).toThrow('Nobody else can reach a relay at')
  })
})

describe('chooseRelayAddresses', () => {
  const chosen = (...own: string[]) => chooseRelayAddresses(own).map(({ local }) => local)

  it('takes a public address of each family', () => {
    expect(chosen('10.0.0.5', 'fd00::5', '203.0.113.2', '2001:db8::2', '2001:db8::3')).toEqual([
      '203.0.113.2',
      '2001:db8::2',
    ])
  })

  it('takes a private one where there is no other', () => {
    expect(chosen('10.0.0.5', '10.0.0.6', 'fd00::5')).toEqual(['10.0.0.5'])
    expect(chosen('fd00::5', '2001:db8::2')).toEqual(['2001:db8::2'])
  })

  it('says where there is none', () => {
    expect(() => chosen()).toThrow('This machine has no address for a relay')
    expect(() => chosen('fd00::5', '169.254.1.1')).toThrow('no address for a relay')
  })
})

describe('checkRelayAddresses', () => {
  it('takes two that differ', () => {
    const [one, two, three] = ['11.0.0.1', '2a00::1', '11.0.0.2'].map(parseRelayAddress)
    if (!one || !two || !three) throw new TypeError('three addresses')
    expect(() => checkRelayAddresses([one, two])).not.toThrow()
    expect(() => checkRelayAddresses([one, two, three])).toThrow('up to 2 different addresses')
    expect(() => checkRelayAddresses([one, one])).toThrow('up to 2 different addresses')
  })
})
