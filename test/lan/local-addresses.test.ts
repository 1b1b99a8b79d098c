import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { isOwnAddress, localAddresses } from '../../src/lan/local-addresses.ts'

function ipv4(address: string, internal = false): NetworkInterfaceInfo {
  return { address, internal, family: 'IPv4', netmask: '', mac: '', cidr: null }
}

function ipv6(address: string, internal = false): NetworkInterfaceInfo {
  return { address, internal, family: 'IPv6', scopeid: 0, netmask: '', mac: '', cidr: null }
}

describe('localAddresses', () => {
  it('prefers a private IPv4 address of a physical-looking interface', () => {
    expect(
      localAddresses({
        lo: [ipv4('127.0.0.1', true), ipv6('::1', true)],
        docker0: [ipv4('172.17.0.1')],
        tailscale0: [ipv4('100.64.1.1')],
        eth1: [ipv4('203.0.113.9')],
        enp3s0: [ipv6('fe80::5'), ipv6('fd00::5'), ipv4('192.168.1.5')],
        somethingelse: [ipv4('10.0.0.5')],
      }),
    ).toEqual(['192.168.1.5', '10.0.0.5', '203.0.113.9', 'fd00::5', '172.17.0.1', '100.64.1.1'])
  })

  it('knows the names that Windows and macOS give', () => {
    expect(
      localAddresses({
        'vEthernet (WSL)': [ipv4('172.20.0.1')],
        utun3: [ipv4('10.8.0.2')],
        'Wi-Fi': [ipv4('192.168.1.6')],
        en0: [ipv4('192.168.1.7')],
      }).slice(0, 2),
    ).toEqual(['192.168.1.6', '192.168.1.7'])
  })

  it('has none on a machine that is on its own', () => {
    expect(localAddresses({ lo: [ipv4('127.0.0.1', true)], eth0: [ipv4('169.254.3.4')] })).toEqual(
      [],
    )
  })
})

describe('isOwnAddress', () => {
  it('knows the addresses of this machine, and no others', () => {
    const interfaces = { lo: [ipv4('127.0.0.1', true)], eth0: [ipv4('10.0.0.5'), ipv6('fd00::5')] }
    const asked = ['127.0.0.1', '10.0.0.5', 'fd00::5', '10.0.0.50']
    expect(asked.map((address) => isOwnAddress(address, interfaces))).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect(isOwnAddress('127.0.0.1')).toBe(true)
  })
})
