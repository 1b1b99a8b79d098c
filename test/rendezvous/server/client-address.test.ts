import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../../src/errors.ts'
import {
  addressKey,
  clientAddress,
  trustedProxyList,
} from '../../../src/rendezvous/server/client-address.ts'

function requestFrom(remoteAddress: string, forwarded?: string): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress })
  const request = new IncomingMessage(socket)
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded
  return request
}

describe('clientAddress', () => {
  const proxies = trustedProxyList(['10.0.0.0/8', 'fd00::1'])

  it.each([
    ['203.0.113.5', undefined, '203.0.113.5'],
    ['203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '198.51.100.1, 203.0.113.5', '203.0.113.5'],
    ['10.0.0.1', '203.0.113.5, 10.1.1.1', '203.0.113.5'],
    ['fd00::1', '2001:db8::5', '2001:db8::5'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1, <script>', '10.0.0.1'],
  ])('of %s with X-Forwarded-For %s is %s', (remote, forwarded, expected) => {
    expect(clientAddress(requestFrom(remote, forwarded), proxies)).toBe(expected)
  })

  it('believes nobody when no proxy is trusted', () => {
    const request = requestFrom('127.0.0.1', '198.51.100.1')
    expect(clientAddress(request, trustedProxyList([]))).toBe('127.0.0.1')
  })

  it.each(['proxy.example.org', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/x', ''])(
    'refuses to trust %j',
    (proxy) => expect(() => trustedProxyList([proxy])).toThrow(ShareError),
  )
})

describe('addressKey', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('of %s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })
})
