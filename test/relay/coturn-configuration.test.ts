import { describe, expect, it } from 'vitest'
import { type CoturnSettings, coturnConfiguration } from '../../src/relay/coturn-configuration.ts'

const SETTINGS: CoturnSettings = {
  secret: 'north-of-the-river-1',
  listeners: [{ public: '11.0.0.1', local: '11.0.0.1', ports: [3478, 443] }],
  isPrivate: false,
}
const linesOf = (settings: Partial<CoturnSettings> = {}) =>
  coturnConfiguration({ ...SETTINGS, ...settings })
    .trim()
    .split('\n')

describe('coturnConfiguration', () => {
  it('listens on both ports, knows the secret, and leaves out what is not needed', () => {
    const lines = linesOf()
    for (const line of [
      'use-auth-secret',
      'static-auth-secret=north-of-the-river-1',
      'listening-port=3478',
      'listening-ip=11.0.0.1',
      'relay-ip=11.0.0.1',
      'aux-server=11.0.0.1:443',
      'userdb=:memory:',
      'no-cli',
      'no-tcp-relay',
      'no-multicast-peers',
      'fingerprint',
      'realm=p2pshare',
    ]) {
      expect(lines).toContain(line)
    }
    expect(lines.filter((line) => /^(?:user|total)-quota=[1-9]\d*$/.test(line))).toHaveLength(2)
    expect(lines.filter((line) => /^max-bps=[1-9]\d*$/.test(line))).toHaveLength(1)
    expect(lines.filter((line) => /^(?:allow-loopback|no-auth|user=|proc-)/.test(line))).toEqual([])
  })

  it('has lines that coturn reads whole', () => {
    for (const line of linesOf({ secret: 'x'.repeat(256) })) expect(line.length).toBeLessThan(1000)
  })

  it('puts IPv6 into brackets before a port only, and prefers IPv4 for allocations', () => {
    const listener = { public: '2a00::1', local: '2a00::1', ports: [3478, 443] } as const
    const alone = linesOf({ listeners: [listener] })
    expect(alone).toContain('listening-ip=2a00::1')
    expect(alone).toContain('aux-server=[2a00::1]:443')
    expect(alone).toContain('allocation-default-address-family=keep')
    const both = linesOf({ listeners: [listener, ...SETTINGS.listeners] })
    expect(both).toContain('allocation-default-address-family=ipv4')
  })

  it('maps a public address to that of this machine, where both sides of a transfer meet', () => {
    const listeners = [{ public: '11.0.0.1', local: '10.0.0.5', ports: [3478] }] as const
    const lines = linesOf({ listeners })
    expect(lines).toContain('listening-ip=10.0.0.5')
    expect(lines).toContain('external-ip=11.0.0.1/10.0.0.5')
    expect(lines).toContain('allowed-peer-ip=10.0.0.5-10.0.0.5')
    expect(lines.filter((line) => line.startsWith('aux-server'))).toEqual([])
  })

  it('denies private addresses, except inside a private network', () => {
    const denied = 'denied-peer-ip=10.0.0.0-10.255.255.255'
    expect(linesOf()).toContain(denied)
    expect(linesOf({ isPrivate: true })).not.toContain(denied)
    expect(linesOf({ isPrivate: true })).toContain('denied-peer-ip=127.0.0.0-127.255.255.255')
  })

  it('becomes another user where there is one', () => {
    const lines = linesOf({ user: { name: 'turnserver', group: 'turn' } })
    expect(lines).toContain('proc-user=turnserver')
    expect(lines).toContain('proc-group=turn')
  })
})
