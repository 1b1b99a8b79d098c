/**
 * Sends a file from one process to another on this machine, as `p2pshare send` and `p2pshare
 * receive` would on two, and compares what was sent with what arrived. Needs no server and no
 * configuration. The exit status is not 0 unless both are equal, byte for byte.
 */
import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { LabelledProgram } from './labelled-program.mjs'

const MIB = 1024 * 1024
const FILE_MIB = 64
const FILE_NAME = 'demo.bin'
/** Many times what it takes on a slow machine. */
const TIMEOUT_MS = 120_000

/** @param {string} path */
async function writeRandomFile(path) {
  const file = await open(path, 'wx')
  try {
    const chunk = new Uint8Array(MIB)
    for (let written = 0; written < FILE_MIB; written += 1) await file.write(randomFillSync(chunk))
  } finally {
    await file.close()
  }
}

/** @param {string} path */
async function sha256(path) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/**
 * @param {string} directory
 * @param {AbortSignal} signal
 */
async function demonstrate(directory, signal) {
  const [here, there] = [join(directory, 'here'), join(directory, 'there')]
  await mkdir(here)
  await mkdir(there)
  await writeRandomFile(join(here, FILE_NAME))
  console.log(`${FILE_NAME}: ${FILE_MIB} MiB of random bytes. Two processes, no server.\n`)

  const sender = new LabelledProgram('sender', here, ['send', FILE_NAME], signal)
  const code = await sender.find(/p2pshare receive (\S+)/)
  const receiver = new LabelledProgram('receiver', there, ['receive', code, '--yes'], signal)
  await Promise.all([sender.succeeded, receiver.succeeded])

  const sent = await sha256(join(here, FILE_NAME))
  const received = await sha256(join(there, FILE_NAME))
  console.log(`\nSHA-256 of the file that was sent:     ${sent}`)
  console.log(`SHA-256 of the file that was received: ${received}`)
  if (sent !== received) throw new Error('The two files differ')
  console.log('They are the same, byte for byte.')
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => stopping.abort(new Error(`Stopped by ${signal}`)))
}
const timer = setTimeout(
  () => stopping.abort(new Error(`Not done after ${TIMEOUT_MS / 1000} s`)),
  TIMEOUT_MS,
)
const directory = await mkdtemp(join(tmpdir(), 'p2pshare-demo-'))
try {
  await demonstrate(directory, stopping.signal)
} catch (error) {
  stopping.abort(error)
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}.`)
  process.exitCode = 1
} finally {
  clearTimeout(timer)
  await LabelledProgram.allEnded()
  await rm(directory, { recursive: true, force: true })
}
