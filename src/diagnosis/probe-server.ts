import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { TLSSocket } from 'node:tls'
import type { Family } from './stun-socket.ts'

/** What a server's answer to a plain request tells. */
export interface ServerAnswer {
  /** How long connecting took: a round trip, in milliseconds. */
  connectMs: number
  /** What time it is there, and what this machine's clock said as that arrived. */
  dateMs?: number
  arrivedMs: number
  certificate?: ServerCertificate
}

export interface ServerCertificate {
  validFromMs: number
  validToMs: number
  /** Why it is not trusted, as Node calls it; absent where it is. */
  problem?: string
}

/** `absent` where the server has no address of that family. */
export type Reach = { answer: ServerAnswer } | { problem: string } | 'absent'

export interface ServerReach {
  ipv4: Reach
  ipv6: Reach
}

/** Names that do not exist, or not in this family, have these. */
const NO_ADDRESS = new Set(['ENOTFOUND', 'ENODATA', 'EADDRFAMILY', 'EAI_ADDRFAMILY'])

/**
 * Asks the server at `url` over IPv4 and IPv6 apart. Its certificate is looked at, whatever it
 * is, and nothing is told to it. Never throws: `problem` is the system's name for what failed.
 */
export async function probeServer(url: string, signal: AbortSignal): Promise<ServerReach> {
  const [ipv4, ipv6] = await Promise.all([reach(url, 4, signal), reach(url, 6, signal)])
  return { ipv4, ipv6 }
}

async function reach(url: string, family: Family, signal: AbortSignal): Promise<Reach> {
  const { hostname } = new URL(url)
  try {
    const all = await lookup(hostname.replace(/^\[|\]$/g, ''), { family, all: true })
    // An address in the place of a name is its own answer, whatever was asked for.
    const found = all.find((each) => each.family === family)
    return found === undefined ? 'absent' : { answer: await ask(url, found, signal) }
  } catch (thrown) {
    const problem = codeOf(thrown)
    return NO_ADDRESS.has(problem) ? 'absent' : { problem }
  }
}

function ask(url: string, found: LookupAddress, signal: AbortSignal): Promise<ServerAnswer> {
  const { protocol } = new URL(url)
  const options: RequestOptions = {
    signal,
    agent: false,
    rejectUnauthorized: false,
    lookup: (_host, { all }, callback) => {
      if (all) callback(null, [found])
      else callback(null, found.address, found.family)
    },
  }
  const send = protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    let startMs = performance.now()
    let connectMs = 0
    const asked = send(`${url}/healthz`, options, (response) => {
      resolve({ connectMs, ...answerOf(response) })
      response.destroy()
    })
    asked.on('socket', (socket) => {
      socket.once('lookup', () => {
        startMs = performance.now()
      })
      socket.once('connect', () => {
        connectMs = performance.now() - startMs
      })
    })
    asked.on('error', reject)
    asked.end()
  })
}

function answerOf(response: IncomingMessage): Omit<ServerAnswer, 'connectMs'> {
  const dateMs = Date.parse(response.headers.date ?? '')
  const certificate = certificateOf(response)
  return {
    arrivedMs: Date.now(),
    ...(Number.isFinite(dateMs) && { dateMs }),
    ...(certificate && { certificate }),
  }
}

function certificateOf({ socket }: IncomingMessage): ServerCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const { valid_from: validFrom, valid_to: validTo } = socket.getPeerCertificate()
  return {
    validFromMs: Date.parse(validFrom),
    validToMs: Date.parse(validTo),
    ...(!socket.authorized && { problem: String(socket.authorizationError) }),
  }
}

function codeOf(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown) return String(thrown.code)
  return thrown instanceof Error ? thrown.message : String(thrown)
}
