import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BuiltProgram } from './built-program.ts'

/** An API that keeps the process alive as the engine does, and does what the file's name says. */
const API = `
import { abortReason } from './errors.js'
setInterval(() => {}, 1000)
const untilAborted = (signal) => new Promise((_resolve, reject) => {
  signal.addEventListener('abort', () => reject(abortReason(signal)))
})
const done = { files: 1, bytes: 3, skipped: 0, sent: 3, seconds: 1, path: 'direct', digest: 'ab' }
const endings = {
  well: async () => done,
  stopped: untilAborted,
  hangs: () => new Promise(() => {}),
  throws: (signal) => {
    setTimeout(() => { throw new Error('thrown where nobody catches') })
    return untilAborted(signal)
  },
}
export async function send(file, { onEvent, signal }) {
  onEvent({ event: 'code', code: '7-guitar-velvet', full: '7-guitar-velvet' })
  for (const path of 'abc') onEvent({ event: 'file', path, bytes: 1, sha256: 'ab' })
  if (file === 'interrupted twice') for (const _ of 'ab') process.emit('SIGINT')
  return { done: endings[file](signal) }
}
export async function receive(code, { output, signal }) {
  for (;;) await Promise.race([output.write(new Uint8Array(1 << 20)), untilAborted(signal)])
}
`

let program: BuiltProgram
beforeAll(() => {
  program = new BuiltProgram('modules')
  program.replaceApi(API)
}, 120_000)
afterAll(() => program?.remove())

/** Sends so many signals once the code is out, each when the one before has had its effect. */
async function stopped(file: string, signals: NodeJS.Signals[]) {
  const child = program.start(['send', file, '--quiet'])
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  await once(child.stdout, 'data')
  const closed = once(child, 'close')
  for (const signal of signals) {
    child.kill(signal)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const [status] = await closed
  return { status, stderr }
}

describe('the process', () => {
  it('ends with the transfer, whatever keeps it alive', async () => {
    const { status, stderr } = await program.run(['send', 'well'])
    expect(status).toBe(0)
    expect(stderr).toContain('Sent well: 3 B in 1 s (3 B/s), direct. Digest ab\n')
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops the transfer on %s and ends with status %d', async (signal, status) => {
    expect(await stopped('stopped', [signal])).toEqual({ status, stderr: 'p2pshare: Stopped.\n' })
  })

  it('ends after a while when a stopped transfer does not', async () => {
    const ended = { status: 143, stderr: 'p2pshare: Stopped.\n' }
    expect(await stopped('hangs', ['SIGTERM'])).toEqual(ended)
  })

  it('ends at once when it is stopped again', async () => {
    expect(await stopped('hangs', ['SIGINT', 'SIGINT'])).toEqual({ status: 130, stderr: '' })
  })

  it.each([
    ['well', 0],
    ['interrupted twice', 130],
  ])('has written every event when it ends: %s', async (file, status) => {
    const ended = await program.run(['send', file, '--json'])
    expect(ended).toMatchObject({ status, stderr: '' })
    expect(ended.stdout.match(/(?<="path":")./g)).toEqual(['a', 'b', 'c'])
  })

  it('reports what nobody caught as an internal error', async () => {
    const { status, stdout, stderr } = await program.run(['send', 'throws', '--json'])
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    const error: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(error).toMatchObject({
      event: 'error',
      code: 'internal',
      message: expect.stringContaining('thrown where nobody catches'),
    })
  })

  it('goes on when the reader of its output leaves', async () => {
    const child = program.start(['send', 'well', '--json'])
    child.stdout.destroy()
    child.stderr.resume()
    const [status] = await once(child, 'close')
    expect(status).toBe(0)
  })

  it('ends when the reader of contents leaves', async () => {
    const child = program.start(['receive', '7-a-b', '--yes', '-o', '-'])
    child.stdout.once('data', () => child.stdout.destroy())
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const [status] = await once(child, 'close')
    expect(status).toBe(9)
    expect(stderr).toContain('p2pshare: Whoever read standard output has ended.\n')
  })

  it('ends when it is stopped, though the reader of contents does not read', async () => {
    const child = program.start(['receive', '7-a-b', '--yes', '-o', '-'])
    child.stderr.resume()
    await once(child.stdout, 'readable')
    child.kill('SIGTERM')
    const [status] = await once(child, 'exit')
    expect(status).toBe(143)
    child.stdout.destroy()
  })
})
