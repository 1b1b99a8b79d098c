import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import {
  formatRendezvousAddress,
  parseRendezvousAddress,
  shortRendezvousAddress,
} from '../../src/rendezvous/address.ts'

describe('parseRendezvousAddress', () => {
  it.each([
    ['localhost', 'http://localhost:7342'],
    ['127.0.0.1', 'http://127.0.0.1:7342'],
    ['127.1', 'http://127.0.0.1:7342'],
    ['0x7f.1', 'http://127.0.0.1:7342'],
    ['::1', 'http://[::1]:7342'],
    ['[::1]', 'http://[::1]:7342'],
    ['[::1]:81', 'http://[::1]:81'],
    ['[fd00::2]:5', 'http://[fd00::2]:5'],
    ['fe80::1', 'http://[fe80::1]:7342'],
    ['::ffff:10.0.0.1', 'http://[::ffff:a00:1]:7342'],
    ['10.1.2.3:80', 'http://10.1.2.3'],
    ['172.31.255.255', 'http://172.31.255.255:7342'],
    ['192.168.1.1', 'http://192.168.1.1:7342'],
    ['169.254.1.1:1', 'http://169.254.1.1:1'],
    ['build-server', 'http://build-server:7342'],
    ['Build.LOCAL', 'http://build.local:7342'],
    ['share.internal', 'http://share.internal:7342'],
    ['share.home.arpa:99', 'http://share.home.arpa:99'],
    ['  localhost ', 'http://localhost:7342'],
    ['ws://192.168.1.1', 'http://192.168.1.1'],
    ['HTTP://LOCALHOST:1/', 'http://localhost:1'],
  ])('asks %s, which is in this network, by http', (text, url) => {
    expect(parseRendezvousAddress(text)).toBe(url)
  })

  it.each([
    ['example.org', 'https://example.org'],
    ['example.org.', 'https://example.org.'],
    ['example.org:443', 'https://example.org'],
    ['example.org:80', 'https://example.org:80'],
    ['example.org:8443', 'https://example.org:8443'],
    ['8.8.8.8', 'https://8.8.8.8'],
    ['172.32.0.1', 'https://172.32.0.1'],
    ['100.64.0.1', 'https://100.64.0.1'],
    ['[2001:db8::1]:7342', 'https://[2001:db8::1]:7342'],
    ['::ffff:8.8.8.8', 'https://[::ffff:808:808]'],
    ['wss://example.org/', 'https://example.org'],
    ['https://example.org:443/', 'https://example.org'],
    ['https://192.168.1.1', 'https://192.168.1.1'],
    ['notlocal.example', 'https://notlocal.example'],
  ])('asks %s by https', (text, url) => {
    expect(parseRendezvousAddress(text)).toBe(url)
  })

  it.each([
    'http://example.org',
    'ws://example.org:80',
    'http://8.8.8.8',
    'http://[2001:db8::1]',
    'http://example.org.',
  ])('refuses to ask %s without TLS', (text) => {
    const error = failure(text)
    expect(error.code).toBe('usage')
    expect(error.hint).toContain('https://')
  })

  it.each([
    '',
    ' ',
    'ftp://example.org',
    'file:///etc/passwd',
    'user@localhost',
    'http://10.0.0.1@example.org',
    'localhost/path',
    'localhost?x',
    'example.org#.local',
    'localhost\\x',
    'exa mple',
    'localhost:0',
    'localhost:99999',
    'localhost:1:2',
    '[::1',
    'http://',
    `${'a'.repeat(400)}`,
  ])('refuses %j', (text) => {
    expect(failure(text).code).toBe('usage')
  })

  it('shows nothing that a terminal would obey', () => {
    expect(failure('\u001b]0;x\u0007 y').message).not.toMatch(/[\u0000-\u001f]/)
  })
})

describe('formatRendezvousAddress', () => {
  it('puts brackets around IPv6 addresses only', () => {
    expect(formatRendezvousAddress('192.168.1.7', 7342)).toBe('192.168.1.7:7342')
    expect(formatRendezvousAddress('fd00::2', 7342)).toBe('[fd00::2]:7342')
    expect(parseRendezvousAddress(formatRendezvousAddress('fd00::2', 1))).toBe('http://[fd00::2]:1')
  })
})

describe('shortRendezvousAddress', () => {
  it.each([
    ['https://example.org', 'example.org'],
    ['https://example.org:8443', 'example.org:8443'],
    ['http://192.168.1.1:7342', '192.168.1.1:7342'],
    ['http://192.168.1.1', 'http://192.168.1.1'],
    ['http://[fd00::2]:7342', '[fd00::2]:7342'],
    ['https://192.168.1.1', 'https://192.168.1.1'],
  ])('shortens %s to what is read as the same', (url, text) => {
    expect(shortRendezvousAddress(url)).toBe(text)
    expect(parseRendezvousAddress(text)).toBe(url)
  })
})

function failure(text: string): ShareError {
  try {
    return expect.fail(`accepted as ${parseRendezvousAddress(text)}`)
  } catch (error) {
    if (error instanceof ShareError) return error
    throw error
  }
}
