import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { writeRandomFile } from './content.ts'
import { type Program, type StartOptions, start } from './program.ts'

/** What a test sends, and an empty directory to receive it in. */
export interface Parcel {
  file: string
  name: string
  sha256: string
  /** The directory that the receiver saves in. */
  output: string
  /** Where the file is to be in the end. */
  saved: string
}

export interface Transfer {
  sender: Program
  receiver: Program
}

export interface TransferOptions extends StartOptions {
  /** Of a rendezvous server; the sender runs one where there is none. */
  server?: string
  /** Of the receiver alone. */
  receiverEnv?: NodeJS.ProcessEnv
  receiverThrough?: readonly string[]
  /** Further words for each side. */
  sendFlags?: readonly string[]
  receiveFlags?: readonly string[]
}

export interface ServerOptions extends StartOptions {
  host?: string
  port?: number
}

/** A file of `bytes` random bytes, in a directory that is gone after the test. */
export function parcel(bytes: number, name = 'a file.bin'): Parcel {
  const directory = scratchDirectory()
  const output = join(directory, 'received')
  mkdirSync(output)
  const file = join(directory, name)
  return { file, name, sha256: writeRandomFile(file, bytes), output, saved: join(output, name) }
}

/** What `make` puts at the path that it is given, in a directory that is gone after the test. */
export function parcelOf(
  make: (path: string) => void,
  name = 'parcel',
): Omit<Parcel, 'sha256'> & { directory: string } {
  const directory = scratchDirectory()
  const [sent, output] = [join(directory, 'sent'), join(directory, 'received')]
  mkdirSync(sent)
  mkdirSync(output)
  const file = join(sent, name)
  make(file)
  return { directory, file, name, output, saved: join(output, name) }
}

/** Runs a rendezvous server, on a free port of this machine unless told, and returns its address with it. */
export async function startServer({
  host = '127.0.0.1',
  port = 0,
  ...options
}: ServerOptions = {}): Promise<{ server: string; program: Program }> {
  const program = start(['serve', '--host', host, '--port', String(port)], options)
  await program.text('\n', 'stdout')
  return { server: program.stdout.trim(), program }
}

/** Starts a sender and returns it with its code once it has one. */
export async function startSender(
  what: string | readonly string[],
  { server, sendFlags = [], ...options }: TransferOptions,
): Promise<{ sender: Program; code: string; full: string }> {
  const rendezvous = server === undefined ? [] : ['--rendezvous', server]
  const sender = start(['send', ...[what].flat(), '--json', ...rendezvous, ...sendFlags], options)
  const { code, full } = await sender.event('code')
  return { sender, code, full }
}

/** Starts a receiver that saves in `output` without asking. */
export function startReceiver(
  code: string,
  output: string,
  { server, receiverEnv, receiverThrough, receiveFlags = [], env, ...options }: TransferOptions,
): Program {
  const rendezvous = server === undefined ? [] : ['--rendezvous', server]
  const argv = ['receive', code, '--yes', '--json', '-o', output, ...rendezvous, ...receiveFlags]
  const { through } = options
  const own = { env: { ...env, ...receiverEnv }, through: receiverThrough ?? through }
  return start(argv, { ...options, ...own })
}

/** Starts a sender and then, with its code, a receiver. */
export async function startTransfer(
  { file, output }: { file: string | readonly string[]; output: string },
  options: TransferOptions,
): Promise<Transfer> {
  const { sender, code } = await startSender(file, options)
  return { sender, receiver: startReceiver(code, output, options) }
}

/** The exit statuses of both sides, once both have ended; a signal's name in the place of one. */
async function statuses({ sender, receiver }: Transfer) {
  const [sent, received] = await Promise.all([sender.exit, receiver.exit])
  return { sender: sent.status ?? sent.signal, receiver: received.status ?? received.signal }
}

/** Fails, with all that they wrote, unless both sides end with the statuses that are given. */
export async function expectStatuses(
  transfer: Transfer,
  expected: { sender: number | string; receiver: number | string },
): Promise<void> {
  const found = await statuses(transfer)
  const { sender, receiver } = transfer
  expect(found, `${sender.describe()}\n${receiver.describe()}`).toEqual(expected)
}

/** A file of random bytes for all tests of a file, which only read it. */
export function sharedFile(bytes: number): { path: string; name: string; sha256: string } {
  const name = 'shared.bin'
  const shared = { path: '', name, sha256: '' }
  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), 'p2pshare-shared-'))
    shared.path = join(directory, name)
    shared.sha256 = writeRandomFile(shared.path, bytes)
    return () => rmSync(directory, { recursive: true })
  })
  return shared
}

/** What a side may have resident at the most: the engine, the program, and its bounded buffers. */
const MAX_MEMORY_BYTES = 200 * MIB

/** Fails unless both sides did with `maxBytes` at all times; on Linux, which tells. */
export function expectBoundedMemory(
  { sender, receiver }: Transfer,
  maxBytes = MAX_MEMORY_BYTES,
): void {
  if (process.platform !== 'linux') return
  for (const { peakMemoryBytes } of [sender, receiver]) {
    expect(peakMemoryBytes).toBeGreaterThan(0)
    expect(peakMemoryBytes).toBeLessThan(maxBytes)
  }
}
