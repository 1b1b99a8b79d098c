import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, ShareError } from '../src/errors.ts'
import type { DoctorEvent, TransferEvent, VerifyEvent } from '../src/events.ts'
import {
  DEFAULT_RECONNECT_MS,
  DEFAULT_RENDEZVOUS_PORT,
  LOCAL_RENDEZVOUS_PORTS,
  MAX_CLAIMS_PER_MINUTE,
  MAX_ENTRIES,
  MAX_MAILBOXES,
  MAX_NAME_BYTES,
  MAX_SOCKETS_PER_ADDRESS,
  MAX_TEXT_BYTES,
  MIB,
} from '../src/limits.ts'
import { blocks, commands, README, RUNNERS } from './package/readme.ts'

const root = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

const EVENTS: Record<TransferEvent['event'], true> = {
  code: true,
  waiting: true,
  connected: true,
  verify: true,
  path: true,
  offer: true,
  progress: true,
  file: true,
  text: true,
  done: true,
  warning: true,
  error: true,
  summary: true,
}

const VERIFY_EVENTS: Record<VerifyEvent['event'], true> = { mismatch: true, done: true }

/** Those that are the doctor's own. */
const DOCTOR_EVENTS: Record<Exclude<DoctorEvent['event'], 'code' | 'waiting' | 'warning'>, true> = {
  check: true,
  done: true,
}

const ERRORS: Record<ErrorCode, true> = {
  internal: true,
  usage: true,
  'wrong-code': true,
  'nobody-came': true,
  'no-path': true,
  interrupted: true,
  integrity: true,
  protocol: true,
  'not-found': true,
  'not-a-file': true,
  'file-exists': true,
  'unsafe-name': true,
  'file-changed': true,
  'disk-full': true,
  permission: true,
  'file-failed': true,
  declined: true,
  cancelled: true,
  'not-verified': true,
  incompatible: true,
  'no-rendezvous': true,
  'not-all': true,
  'stopped-sigint': true,
  'stopped-sigterm': true,
}

describe('the README', () => {
  it('has no command that nothing runs', () => {
    expect([...new Set(commands())].sort()).toEqual([...RUNNERS.keys()].sort())
  })

  it('has its headline commands run in CI', () => {
    const stages = [...read('.ci/run').matchAll(/^stage '[^']+' (.+)$/gm)].map(([, run]) => run)
    const headlines = [...RUNNERS].filter(([, runner]) => runner === 'ci')
    for (const command of headlines.flatMap(([line]) => line.split(' && '))) {
      expect(stages).toContain(command)
    }
  })

  it('names only scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const named = [...README.matchAll(/npm run ([a-z0-9:]+)/g)].map(([, name]) => name)
    expect(named.filter((name) => name === undefined || !(name in scripts))).toEqual([])
  })

  it('names the tarball of this version', () => {
    const { name, version } = JSON.parse(read('package.json'))
    expect(README).toContain(`./${name}-${version}.tgz`)
  })

  it('links to files and headings that there are', () => {
    const links = [...README.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link ?? '')
    expect(links.length).toBeGreaterThan(0)
    const broken = links.filter((link) => {
      const [path = '', heading] = link.split('#')
      if (path !== '' && !existsSync(new URL(path, root))) return true
      const page = path === '' ? README : read(path)
      return heading !== undefined && !headings(page).includes(heading)
    })
    expect(broken).toEqual([])
  })

  it('has one example of each event', () => {
    const events = blocks('json').map((block) =>
      block
        .trim()
        .split('\n')
        .map((line) => {
          const { v, time, event } = JSON.parse(line)
          expect(v).toBe(1)
          expect(new Date(time).toISOString()).toBe(time)
          return event
        })
        .sort(),
    )
    const real = [EVENTS, VERIFY_EVENTS, DOCTOR_EVENTS].map((names) => Object.keys(names).sort())
    expect(events).toEqual(real)
  })

  it('has every error, each with its exit status', () => {
    const rows = [...README.matchAll(/^\| (\d+) \| (`[^|]+`) \|/gm)]
    const listed = rows.flatMap(([, exit, codes = '']) =>
      codes.split(', ').map((code) => `${code.replaceAll('`', '')} ${exit}`),
    )
    const real = Object.keys(ERRORS)
      .filter((code): code is ErrorCode => Object.hasOwn(ERRORS, code))
      .map((code) => `${code} ${new ShareError(code, 'Test').exit}`)
    expect(listed.sort()).toEqual(real.sort())
  })

  it('tells the bounds that are in force', () => {
    const lastPort = DEFAULT_RENDEZVOUS_PORT + LOCAL_RENDEZVOUS_PORTS - 1
    for (const text of [
      `on port ${DEFAULT_RENDEZVOUS_PORT} or the\n  next free one up to ${lastPort}`,
      `hold ${MAX_SOCKETS_PER_ADDRESS} connections and try ${MAX_CLAIMS_PER_MINUTE} codes a minute`,
      `holds ${MAX_MAILBOXES} codes`,
      `try for ${DEFAULT_RECONNECT_MS / 60_000}\n  minutes`,
      `more than ${Math.floor(MAX_ENTRIES / 1e6)} million files`,
      `more than ${MAX_NAME_BYTES} bytes`,
      `up to ${MAX_TEXT_BYTES / MIB} MiB`,
      `status ${new ShareError('integrity', 'Test').exit} if one is missing`,
    ]) {
      expect(README).toContain(text)
    }
  })
})

/** The anchors of a page's headings. */
function headings(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text.toLowerCase().replaceAll(' ', '-'),
  )
}
