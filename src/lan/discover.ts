import { isIPv4 } from 'node:net'
import type { Bonjour, Browser, Service } from 'bonjour-service'
import {
  LAN_QUERY_INTERVAL_MS,
  MAX_LAN_ADDRESSES,
  MAX_LAN_QUERY_INTERVAL_MS,
  MAX_LAN_SERVICES,
} from '../limits.ts'
import { type MulticastOptions, openDnsSd, SERVICE_TYPE } from './dns-sd.ts'

export interface LanAddress {
  /** The announcement's name; addresses with the same one lead to the same rendezvous. */
  service: string
  /** An IPv4 address. */
  host: string
  port: number
}

export interface DiscoverOptions extends MulticastOptions {
  nameplate: string
  /** Ends the search. */
  signal: AbortSignal
  /** Told each address once, as it is found, up to MAX_LAN_SERVICES of them. */
  onFound: (address: LanAddress) => void
  /** Told once, if this machine has no multicast; then nothing is found. */
  onError?: (error: unknown) => void
}

/**
 * Looks on the local network for rendezvous that `announce` the nameplate, until `signal` is
 * aborted. What answers may be anybody; an address is only worth a try. Never throws.
 */
export function discover({
  nameplate,
  signal,
  onFound,
  onError = () => undefined,
  ...options
}: DiscoverOptions): void {
  if (signal.aborted) return
  const found = new Set<string>()
  const consider = (service: Service): void => {
    for (const address of addressesOf(service, nameplate)) {
      const key = `${address.host}:${address.port}`
      if (signal.aborted || found.has(key) || found.size >= MAX_LAN_SERVICES) continue
      found.add(key)
      onFound(address)
    }
  }
  try {
    const search = new ServiceSearch(openDnsSd(options, onError), consider)
    signal.addEventListener('abort', () => search.close(), { once: true })
  } catch (error) {
    onError(error)
  }
}

/** Asks at growing intervals, and forgets everything when there is too much to remember. */
class ServiceSearch {
  readonly #bonjour: Bonjour
  readonly #consider: (service: Service) => void
  #browser: Browser
  #timer: NodeJS.Timeout | undefined

  constructor(bonjour: Bonjour, consider: (service: Service) => void) {
    this.#bonjour = bonjour
    this.#consider = consider
    this.#browser = this.#browse()
    this.#schedule(LAN_QUERY_INTERVAL_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#browser.stop()
    this.#bonjour.destroy()
  }

  #browse(): Browser {
    const browser = this.#bonjour.find({ type: SERVICE_TYPE })
    browser.on('up', (service) => {
      if (browser.services.length >= MAX_LAN_SERVICES) browser.stop()
      this.#consider(service)
    })
    browser.on('srv-update', this.#consider)
    browser.on('txt-update', this.#consider)
    return browser
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      if (this.#browser.services.length < MAX_LAN_SERVICES) this.#browser.update()
      else this.#browser = this.#browse()
      this.#schedule(Math.min(2 * delayMs, MAX_LAN_QUERY_INTERVAL_MS))
    }, delayMs)
  }
}

/** Where the answer came from, and then where it says the service is. */
function addressesOf(
  { name, port, txt, referer, addresses = [] }: Service,
  nameplate: string,
): LanAddress[] {
  if (txt?.nameplate !== nameplate || !Number.isInteger(port) || port < 1 || port > 65_535)
    return []
  const hosts = new Set([referer?.address, ...addresses].filter(isAddress))
  return [...hosts].slice(0, MAX_LAN_ADDRESSES).map((host) => ({ service: name, host, port }))
}

function isAddress(host: string | undefined): host is string {
  return host !== undefined && isIPv4(host)
}
