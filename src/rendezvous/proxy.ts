import type { Agent } from 'node:http'
import { ShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import { isLocalHost } from './address.ts'

/** A proxy on the way to rendezvous servers that are not in this network. */
export interface ProxySettings {
  /** `http:`, `https:`, or `socks:` in one of its versions; taken for http where none is named. */
  url: string
  /** Hosts that are asked without it, as `NO_PROXY` names them: `example.org:443`, `.org`, `*`. */
  except?: readonly string[] | undefined
}

/** The proxy's own URL where `url`, of a rendezvous, is to be asked through it. */
export function proxyFor(
  url: string,
  { url: proxy, except = [] }: ProxySettings,
): string | undefined {
  const { hostname, port, protocol } = new URL(url)
  const ownPort = port || (protocol === 'https:' ? '443' : '80')
  if (isLocalHost(hostname)) return undefined
  if (except.some((rule) => isExcepted(hostname, ownPort, rule.trim().toLowerCase())))
    return undefined
  return /^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`
}

/** A host stands for those below it, with or without a dot before it. */
function isExcepted(hostname: string, port: string, rule: string): boolean {
  if (rule === '*') return true
  const [, host = '', rulePort = port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(rule) ?? []
  const name = host.replace(/^\*?\./, '')
  return name !== '' && rulePort === port && (hostname === name || hostname.endsWith(`.${name}`))
}

/**
 * What makes connections to the rendezvous at `url`; undefined where it is asked without a proxy.
 * @throws ShareError `usage` for a proxy that is none.
 */
export async function proxyAgent(
  url: string,
  settings: ProxySettings | undefined,
): Promise<Agent | undefined> {
  const proxy = settings && proxyFor(url, settings)
  if (proxy === undefined) return undefined
  const protocol = URL.canParse(proxy) ? new URL(proxy).protocol : ''
  if (protocol === 'http:' || protocol === 'https:') {
    const { HttpsProxyAgent } = await import('https-proxy-agent')
    return new HttpsProxyAgent(proxy)
  }
  if (/^socks(?:4a?|5h?)?:$/.test(protocol)) {
    const { SocksProxyAgent } = await import('socks-proxy-agent')
    // The proxy looks names up: this network may not know them.
    return new SocksProxyAgent(
      proxy.replace(/^socks5?:/, 'socks5h:').replace(/^socks4:/, 'socks4a:'),
    )
  }
  // It may have a password in it.
  const shown = printable(proxy.replace(/\/\/[^/]*@/, '//'), 80)
  throw new ShareError('usage', `"${shown}" is not the URL of a proxy`, {
    hint: 'HTTPS_PROXY and ALL_PROXY take http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT.',
  })
}
