import type { CandidateInfo } from '../diagnostics.ts'
import { candidatesIn, type Signal } from './signal.ts'

/** What one side found out while it looked for a path. It names no address. */
export interface SearchFacts {
  /** Addresses of this machine by which others may reach it. */
  ipv4: boolean
  ipv6: boolean
  /** Whether it can be reached, or reaches others, over TCP without a relay. */
  tcp: boolean
  /** What came of asking for the public address. */
  stun: 'unasked' | 'silent' | 'answered'
  relay: 'unasked' | 'silent' | 'refused' | 'granted'
  /** Whether the NAT shows every server the same port: one that does not is called symmetric. */
  mapping: 'unknown' | 'same' | 'varying'
  /** Whether the other side was reached, though no connection came of it. */
  reached: boolean
}

/** RFC 8489, section 14.8: what a server answers; 701 stands for no answer (W3C webrtc-pc). */
const LEAST_ANSWER = 300
const MOST_ANSWER = 699

/** What `icecandidateerror` says; the address is one of ours, its last parts replaced by x. */
export interface CandidateError {
  url: string
  errorCode: number
  address?: string | null
}

/** Notes what the engine finds out while it looks for a path. */
export class PathSearch {
  readonly #urls: readonly string[]
  readonly #own: (CandidateInfo & { base: string | undefined })[] = []
  #isStunSilent = false
  #isRelayRefused = false
  #reached = false

  constructor(iceServers: readonly { urls: readonly string[] }[]) {
    this.#urls = iceServers.flatMap(({ urls }) => urls)
  }

  /** This side says `signal`. */
  found(signal: Signal): void {
    const text = signal.type === 'candidate' ? signal.candidate.candidate : signal.sdp
    const base = / raddr (\S+ rport \d+)/.exec(text)?.[1]
    for (const candidate of candidatesIn(signal)) this.#own.push({ ...candidate, base })
  }

  /** A server did not do what it was asked for. */
  failed({ url, errorCode, address }: CandidateError): void {
    if (errorCode >= LEAST_ANSWER && errorCode <= MOST_ANSWER) this.#isRelayRefused = true
    else if (url.startsWith('stun:') && !isLoopback(address ?? '')) this.#isStunSilent = true
  }

  /** A check of the other side was answered, or one of ours. */
  reached(): void {
    this.#reached = true
  }

  get facts(): SearchFacts {
    const hosts = this.#own.filter(({ kind, address }) => kind === 'host' && !isLoopback(address))
    return {
      ipv4: hosts.some(({ address }) => !address.includes(':')),
      ipv6: hosts.some(({ address }) => address.includes(':') && !/^fe[89ab]/i.test(address)),
      tcp: hosts.some(({ transport }) => transport === 'tcp'),
      stun: this.#stun,
      relay: this.#relay,
      mapping: this.#mapping,
      reached: this.#reached,
    }
  }

  get #stun(): SearchFacts['stun'] {
    // The engine asks relays for the public address as well, where UDP leads there.
    if (!this.#urls.some(isAskedOverUdp)) return 'unasked'
    const isMapped = this.#own.some(({ kind }) => kind === 'srflx')
    return isMapped || !this.#isStunSilent ? 'answered' : 'silent'
  }

  get #relay(): SearchFacts['relay'] {
    if (!this.#urls.some((url) => !url.startsWith('stun:'))) return 'unasked'
    if (this.#own.some(({ kind }) => kind === 'relay')) return 'granted'
    return this.#isRelayRefused ? 'refused' : 'silent'
  }

  /** The engine leaves a public address out that it has already. */
  get #mapping(): SearchFacts['mapping'] {
    const mapped = this.#own.filter(({ kind }) => kind === 'srflx')
    const ports = new Map<string | undefined, Set<number>>()
    for (const { base, port } of mapped) ports.set(base, (ports.get(base) ?? new Set()).add(port))
    if ([...ports.values()].some(({ size }) => size > 1)) return 'varying'
    const servers = new Set(
      this.#urls.filter(isAskedOverUdp).map((url) => url.replace(/^\w+:|\?.*$/g, '')),
    )
    return mapped.length > 0 && servers.size > 1 ? 'same' : 'unknown'
  }
}

function isAskedOverUdp(url: string): boolean {
  return !url.startsWith('turns:') && !url.endsWith('transport=tcp')
}

function isLoopback(address: string): boolean {
  return /^(?:127\.|\[?::1\]?$|\[0:0:0:)/.test(address)
}
