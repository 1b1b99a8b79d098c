import { describe, expect, it } from 'vitest'
import { proxyAgent, proxyFor } from '../../src/rendezvous/proxy.ts'

const PROXY = 'http://proxy.example:3128'
const SERVER = 'https://share.example.org'

describe('a proxy', () => {
  it.each<[string, string[], string | undefined]>([
    [SERVER, [], PROXY],
    ['https://[2001:db8::1]', [], PROXY],
    [SERVER, ['*'], undefined],
    [SERVER, ['share.example.org'], undefined],
    [SERVER, ['EXAMPLE.org'], undefined],
    [SERVER, ['.example.org'], undefined],
    [SERVER, ['*.example.org'], undefined],
    [SERVER, ['other.org', 'example.org:443'], undefined],
    ['https://[2001:db8::1]', ['[2001:db8::1]'], undefined],
    [SERVER, ['example.org:8443', 'ample.org', '', 'org.example'], PROXY],
    ...['localhost:7342', '127.0.0.1:7342', '[::1]:7342', '10.0.0.9:7342', '192.168.1.20:7342'].map(
      (host): [string, string[], undefined] => [`http://${host}`, [], undefined],
    ),
    ['http://nas.local:7342', [], undefined],
  ])('for %s, but for %o, is %s', (url, except, expected) => {
    expect(proxyFor(url, { url: PROXY, except })).toBe(expected)
  })

  it('is taken for one of HTTP where no scheme is named', () => {
    expect(proxyFor(SERVER, { url: 'proxy.example:3128' })).toBe(PROXY)
  })

  it.each(['ftp://proxy.example', 'http://', 'socks9://proxy.example'])(
    'is not %s',
    async (url) => {
      await expect(proxyAgent(SERVER, { url })).rejects.toMatchObject({ code: 'usage' })
    },
  )

  it('keeps its password to itself when it is refused', async () => {
    const refused = proxyAgent(SERVER, { url: 'ftp://anna:velvet@proxy.example' })
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('velvet') })
  })
})
