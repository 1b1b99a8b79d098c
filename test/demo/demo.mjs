/**
 * Sends a directory from one process to another on this machine, as `p2pshare send` and `p2pshare
 * receive` would on two, kills the receiver in the middle, starts it again, and compares what was
 * sent with what arrived. Needs no server and no configuration. The exit status is not 0 unless both
 * are equal, byte for byte, and what arrived before the interruption was not sent again.
 */
import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { LabelledProgram } from './labelled-program.mjs'

const MIB = 1024 * 1024
const NAME = 'demo'
const LARGE_FILES = 96
const SMALL_FILES = 200
const SMALL_FILE_BYTES = 4000
/** So much has arrived when the receiver is killed. */
const KILL_AT_BYTES = 24 * MIB
const LOOK_INTERVAL_MS = 10
/** Many times what it takes on a slow machine. */
const TIMEOUT_MS = 120_000

/** @param {string} directory */
async function writeTree(directory) {
  await mkdir(join(directory, 'large'), { recursive: true })
  await mkdir(join(directory, 'small'))
  const chunk = new Uint8Array(MIB)
  for (let number = 0; number < LARGE_FILES; number += 1) {
    await writeFile(join(directory, 'large', `${number}.bin`), randomFillSync(chunk))
  }
  const small = chunk.subarray(0, SMALL_FILE_BYTES)
  for (let number = 0; number < SMALL_FILES; number += 1) {
    await writeFile(join(directory, 'small', `${number}.bin`), randomFillSync(small))
  }
}

/**
 * The paths of all files below `directory`, hidden ones too, in order.
 * @param {string} directory
 */
async function filesIn(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map((entry) => join(entry.parentPath, entry.name)).sort()
}

/**
 * How many bytes the files below `directory` have on disk; one that goes meanwhile has none.
 * @param {string} directory
 */
async function bytesIn(directory) {
  const files = await filesIn(directory).catch(() => [])
  const sizes = files.map((file) =>
    stat(file)
      .then(({ size }) => size)
      .catch(() => 0),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/**
 * The SHA-256 over the names and contents of all files below `directory`.
 * @param {string} directory
 */
async function sha256(directory) {
  const hash = createHash('sha256')
  for (const file of await filesIn(directory)) {
    hash.update(`${relative(directory, file)}\0${(await stat(file)).size}\0`)
    for await (const chunk of createReadStream(file)) hash.update(chunk)
  }
  return hash.digest('hex')
}

/**
 * @param {string} directory
 * @param {AbortSignal} signal
 */
async function demonstrate(directory, signal) {
  const [here, there] = [join(directory, 'here'), join(directory, 'there')]
  await mkdir(there)
  await writeTree(join(here, NAME))
  const contents = `${LARGE_FILES + SMALL_FILES} files of random bytes`
  console.log(`${NAME}: ${contents}. Two processes, no server.\n`)

  const sender = new LabelledProgram('sender', here, ['send', NAME], signal)
  const code = await sender.find(/p2pshare receive (\S+)/)
  const receive = ['receive', code, '--yes']
  const killed = new LabelledProgram('receiver', there, receive, signal)
  while ((await bytesIn(there)) < KILL_AT_BYTES) {
    if (killed.hasEnded) throw new Error('The receiver ended before it was killed')
    await pause(LOOK_INTERVAL_MS, undefined, { signal })
  }
  await killed.kill()

  const receiver = new LabelledProgram('receiver', there, receive, signal)
  await receiver.find(/(on the wire)/)
  await Promise.all([sender.succeeded, receiver.succeeded])

  const sent = await sha256(join(here, NAME))
  const received = await sha256(join(there, NAME))
  console.log(`\nSHA-256 of all names and contents that were sent:     ${sent}`)
  console.log(`SHA-256 of all names and contents that were received: ${received}`)
  if (sent !== received) throw new Error('The two directories differ')
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
