import { createHash, getHashes, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { start } from './program.ts'
import { startRecordingProxy } from './recording-proxy.ts'
import { expectStatuses, parcel, startReceiver, startServer } from './transfer.ts'

/** Long enough not to come up in random bytes by chance. */
const WORDS = ['kangaroo', 'umbrella', 'elephant']
const SECRET = WORDS.join('-')

/** Fast hashes of `text` in the usual notations, each cut short, as a careless program would. */
function hashes(text: string): Buffer[] {
  return getHashes()
    .filter((name) => /^(md5|ripemd|sha|blake|sm3)/i.test(name))
    .map((name) => createHash(name).update(text).digest())
    .flatMap((digest) => [
      digest.subarray(0, 8),
      Buffer.from(digest.toString('hex').slice(0, 16)),
      Buffer.from(digest.toString('base64').slice(0, 11)),
      Buffer.from(digest.toString('base64url').slice(0, 11)),
    ])
}

it('the server is told the nameplate, and nothing of the words, the name or the contents', async () => {
  const { server: target, program: serving } = await startServer()
  const proxy = await startRecordingProxy(target)
  const nameplate = randomBytes(6).toString('hex')
  const code = `${nameplate}-${SECRET}`
  const what = parcel(100_000, 'holiday pictures.zip')
  const { server } = proxy
  const sender = start(['send', what.file, '--json', '--code', code, '--rendezvous', server])
  const { full } = await sender.event('code')
  const receiver = startReceiver(code, what.output, { server })
  await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })

  const known = Buffer.concat([proxy.recorded(), Buffer.from(serving.stdout + serving.stderr)])
  // What must be there is found, in the frames, under their base64 and in the log.
  for (const expected of [
    nameplate,
    '"role":"sender"',
    '"role":"receiver"',
    'transfer/4',
    'listening',
  ]) {
    expect(known.includes(expected), expected).toBe(true)
  }
  const lowerCase = known.toString('latin1').toLowerCase()
  for (const word of [...WORDS, 'holiday', 'pictures']) {
    expect(lowerCase.includes(word), word).toBe(false)
  }
  for (const text of [...WORDS, SECRET, code, full, what.name]) {
    for (const hash of hashes(text)) expect(known.includes(hash), text).toBe(false)
  }
  expect(known.includes(what.sha256)).toBe(false)
  expect(known.includes(Buffer.from(what.sha256, 'hex'))).toBe(false)
  expect(known.includes(readFileSync(what.file).subarray(0, 16))).toBe(false)
})
