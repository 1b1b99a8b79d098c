import { beforeEach, describe, expect, it, vi } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { ShareError } from '../../src/errors.ts'
import type { ReceiveOptions, SendOptions } from '../../src/index.ts'
import type { ServeOptions } from '../../src/serve.ts'
import type { VerifyOptions } from '../../src/verify.ts'
import { type FakeContext, FakeInput, type FakeOutput, fakeContext } from './fake-streams.ts'
import { code, connected, done, offer, progress } from './recorded-events.ts'

const { event: _event, ...summary } = done
const send = vi.fn()
const receive = vi.fn()
const serve = vi.fn()
const verify = vi.fn()
const createServerLogger = ({ destination }: { destination: FakeOutput }) => ({
  info: (_fields: object, message: string) => destination.write(`${message}\n`),
})
vi.mock('../../src/send.ts', () => ({ send }))
vi.mock('../../src/receive.ts', () => ({ receive }))
vi.mock('../../src/verify.ts', () => ({ verify }))
vi.mock('../../src/serve.ts', () => ({ serve, createServerLogger }))

const stopped = new ShareError('stopped-sigint', 'Stopped')

/** A transfer that can be told to stop and does nothing else. */
function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

beforeEach(() => {
  for (const mock of [send, receive, serve, verify]) mock.mockReset()
})

describe('p2pshare send', () => {
  const sends = () =>
    send.mockImplementation(async (_path: string, { onEvent }: SendOptions) => {
      for (const event of [code, connected, offer, progress(0), progress(100), done])
        onEvent?.(event)
      return { code: '', full: '', done: Promise.resolve(summary) }
    })

  it('shows the code and how it went on standard error', async () => {
    sends()
    const context = fakeContext()
    expect(await run(['send', 'some/a.zip'], context)).toBe(0)
    expect(context.stdout.text).toBe('')
    expect(context.stderr.text).toContain('  p2pshare receive 7-guitar-velvet\n')
    expect(context.stderr.rows.at(-2)).toMatch(
      /^Sent a\.zip: 100\.0 MiB in 8 s .*, direct over UDP\./,
    )
  })

  it('prints nothing but the code with --quiet', async () => {
    sends()
    const context = fakeContext(80)
    expect(await run(['send', 'a.zip', '--quiet'], context)).toBe(0)
    expect(context.stdout.text).toBe('7-guitar-velvet@192.168.1.5:7342\n')
    expect(context.stderr.text).toBe('')
  })

  it('prints nothing but events with --json, the error among them once', async () => {
    send.mockImplementation(async (_path: string, { onEvent }: SendOptions) => {
      onEvent?.(code)
      const error = new ShareError('no-path', 'No way')
      const { message, hint, exit } = error
      onEvent?.({ event: 'error', code: 'no-path', message, hint, exit })
      return { code: '', full: '', done: Promise.reject(error) }
    })
    const context = fakeContext(80)
    expect(await run(['send', 'a.zip', '--json'], context)).toBe(5)
    const events = context.stdout.text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(events).toMatchObject([{ event: 'code' }, { event: 'error', code: 'no-path', exit: 5 }])
    expect(context.stderr.text).toBe('')
  })

  it('passes the flags on, and chooses how many words by the terminal', async () => {
    sends()
    await run(['send', 'a', '--wait', '90s', '--rendezvous', 'x.org'], fakeContext())
    await run(['send', 'a'], fakeContext(80))
    await run(['send', 'a', '--words', '6'], fakeContext(80))
    const given = send.mock.calls.map(([, options]): unknown => options)
    expect(given).toMatchObject([
      { words: 4, waitMs: 90_000, rendezvous: 'x.org' },
      { words: 2 },
      { words: 6 },
    ])
  })

  it('passes on what is to be sent, and says in the end what it was', async () => {
    sends()
    const sent = async (...argv: string[]) => {
      const context = fakeContext()
      expect(await run(['send', ...argv], context)).toBe(0)
      return { what: send.mock.lastCall?.[0], last: context.stderr.rows.at(-2) }
    }
    expect(await sent('some/a.zip')).toMatchObject({ what: 'some/a.zip' })
    const several = await sent('a', 'b', '--exclude', '*.o', '--follow', '--receipt', 'r')
    expect(several).toMatchObject({
      what: ['a', 'b'],
      last: expect.stringMatching(/^Sent 2 items:/),
    })
    expect(send.mock.lastCall?.[1]).toMatchObject({ exclude: ['*.o'], follow: true, receipt: 'r' })
    const text = await sent('--text', 'secret')
    expect(text).toMatchObject({
      what: { text: 'secret' },
      last: expect.stringMatching(/^Sent a text:/),
    })
  })

  it('sends standard input, and asks standard error whether somebody reads the code', async () => {
    const received: string[] = []
    send.mockImplementation(async (what: { stream: AsyncIterable<Uint8Array>; name: string }) => {
      for await (const chunk of what.stream) received.push(String(chunk))
      return { code: '', full: '', done: Promise.resolve(summary) }
    })
    const context = { ...fakeContext(80), stdin: new FakeInput(false) }
    context.stdin.end('from a pipe')
    expect(await run(['send', '-', '--name', 'x'], context)).toBe(0)
    expect(received).toEqual(['from a pipe'])
    expect(send).toHaveBeenCalledWith(
      expect.objectContaining({ name: 'x' }),
      expect.objectContaining({ words: 2 }),
    )
  })

  it('names the server in the only command where one was chosen', async () => {
    sends()
    const context = fakeContext()
    await run(['send', 'a', '--rendezvous', '192.168.1.5:7342'], context)
    expect(context.stderr.text).toContain('receive 7-guitar-velvet@192.168.1.5:7342\n')
    expect(context.stderr.text).not.toContain('receive 7-guitar-velvet\n')
  })

  it('ends when it is stopped, even if the transfer does not', async () => {
    vi.useFakeTimers()
    send.mockResolvedValue({ code: '', full: '', done: new Promise(() => {}) })
    const context = fakeContext()
    const status = run(['send', 'a'], context)
    await vi.waitFor(() => expect(send).toHaveBeenCalled())
    context.controller.abort(stopped)
    await vi.advanceTimersByTimeAsync(2000)
    expect(await status).toBe(130)
    const options: SendOptions = send.mock.calls[0]?.[1]
    options.onEvent?.(connected)
    expect(context.stderr.text).toBe('p2pshare: Stopped.\n')
    vi.useRealTimers()
  })
})

describe('p2pshare receive', () => {
  const receives = () =>
    receive.mockImplementation(async (_code: string, options: ReceiveOptions) => {
      const { decide, onEvent, signal } = options
      const offered = {
        name: 'a.zip',
        kind: 'file',
        files: 1,
        bytes: 100,
        isCounted: true,
      } as const
      const what = { ...offered, target: `${process.cwd()}/a.zip` }
      onEvent?.({ event: 'offer', ...offered })
      const yes = await decide?.(what, signal ?? AbortSignal.abort())
      if (!yes) throw new ShareError('declined', 'The file was declined')
      onEvent?.(connected)
      return { ...summary, saved: what.target }
    })

  /** Answers each question when it has been asked. */
  async function answer(context: FakeContext, question: string, typed: string): Promise<void> {
    await vi.waitFor(() => expect(context.stderr.text).toContain(question))
    context.stdin.write(typed)
  }

  it('refuses at once what it would have to ask without a terminal', async () => {
    const missing = [
      { argv: ['receive', '7-a-b'], hint: 'Add --yes to save without asking.' },
      { argv: ['receive', '--yes'], hint: 'or set P2PSHARE_CODE.' },
    ]
    for (const { argv, hint } of missing) {
      const context = fakeContext()
      expect(await run(argv, context)).toBe(2)
      expect(context.stderr.text).toContain(hint)
    }
    expect(receive).not.toHaveBeenCalled()
  })

  it('saves without asking with --yes', async () => {
    receives()
    const context = fakeContext()
    expect(await run(['receive', '7-a-b', '--yes', '-o', 'x'], context)).toBe(0)
    expect(receive).toHaveBeenCalledWith('7-a-b', expect.objectContaining({ output: 'x' }))
    expect(context.stderr.rows.at(-2)).toMatch(/^Saved \.\/a\.zip: .*, direct over UDP\. Digest/)
    expect(context.stdout.text).toBe('')
  })

  it('asks for the code and whether to save', async () => {
    receives()
    const context = fakeContext(80)
    const status = run(['receive'], context)
    await answer(context, 'Code: ', '7-a-b\r')
    await answer(context, 'a.zip (100 B) would be saved as ./a.zip\n', 'y\r')
    expect(await status).toBe(0)
    expect(receive).toHaveBeenCalledWith('7-a-b', expect.anything())
  })

  it('declines when the answer is no', async () => {
    receives()
    const context = fakeContext(80)
    const status = run(['receive', '7-a-b'], context)
    await answer(context, 'Save it? ', '\r')
    expect(await status).toBe(9)
  })

  it('stops with the status of SIGINT on Ctrl-C at a prompt', async () => {
    receives()
    const context = fakeContext(80)
    const interrupt = () => context.controller.abort(stopped)
    const status = run(['receive', '7-a-b'], { ...context, interrupt })
    await answer(context, 'Save it? ', '\u0003')
    expect(await status).toBe(130)
    expect(context.stdin.isRaw).toBe(false)
  })
})

describe('p2pshare receive, of what is there already', () => {
  /** Finds out from the option `existing` what to do about what is there. */
  const meets = () =>
    receive.mockImplementation(async (_code: string, { existing, signal }: ReceiveOptions) => {
      const path = `${process.cwd()}/photos`
      const choice =
        typeof existing === 'function'
          ? await existing(path, signal ?? AbortSignal.abort())
          : existing
      if (choice !== 'rename') throw new ShareError('file-exists', `It is there: ${choice}`)
      return { ...summary, saved: `${path} (2)` }
    })

  it('asks at a terminal', async () => {
    meets()
    const context = fakeContext(80)
    const status = run(['receive', '7-a-b'], context)
    await vi.waitFor(() => expect(context.stderr.text).toContain('"./photos" is there already: '))
    context.stdin.write('r\r')
    expect(await status).toBe(0)
    expect(context.stderr.rows.at(-2)).toMatch(/^Saved \.\/photos \(2\): /)
  })

  it('refuses without one, and with --yes', async () => {
    meets()
    for (const columns of [undefined, 80]) {
      const context = fakeContext(columns)
      expect(await run(['receive', '7-a-b', '--yes'], context)).toBe(8)
      expect(context.stderr.text).toContain('It is there: refuse')
    }
  })

  it('does what it was told', async () => {
    meets()
    expect(await run(['receive', '7-a-b', '--yes', '--rename'], fakeContext())).toBe(0)
    expect(await run(['receive', '7-a-b', '--rename', '--yes'], fakeContext(80))).toBe(0)
  })
})

describe('p2pshare receive, of a text', () => {
  const text = 'line\u001b[2J\nnext'
  const receives = () =>
    receive.mockImplementation(async (_code: string, { onEvent }: ReceiveOptions) => {
      onEvent?.({
        event: 'offer',
        name: 'text',
        kind: 'text',
        files: 1,
        bytes: 20,
        isCounted: true,
      })
      onEvent?.({ event: 'text', text })
      return summary
    })

  it('hands it on as it is where a program reads it', async () => {
    for (const more of [[], ['--quiet'], ['-o', '-']]) {
      receives()
      const context = fakeContext()
      expect(await run(['receive', '7-a-b', '--yes', ...more], context)).toBe(0)
      expect(context.stdout.text).toBe(text)
      expect(context.stderr.text).not.toContain('line')
    }
  })

  it('shows it on a terminal with nothing in it that a terminal obeys', async () => {
    receives()
    const context = fakeContext(80)
    expect(await run(['receive', '7-a-b', '--yes'], context)).toBe(0)
    expect(context.stdout.text).toBe('line\\u{1b}[2J\nnext\n')
    expect(context.stderr.rows.at(-2)).toMatch(/^Received a text: /)
  })

  it('has it in an event with --json, and nowhere else', async () => {
    receives()
    const context = fakeContext()
    expect(await run(['receive', '7-a-b', '--yes', '--json'], context)).toBe(0)
    const events = context.stdout.text.trimEnd().split('\n')
    expect(events.map((line): unknown => JSON.parse(line))).toMatchObject([
      { event: 'offer', kind: 'text' },
      { event: 'text', text },
    ])
  })

  it('does not show one that did not arrive whole', async () => {
    receive.mockImplementation(async (_code: string, { onEvent }: ReceiveOptions) => {
      onEvent?.({ event: 'text', text })
      throw new ShareError('integrity', 'The digests differ')
    })
    const context = fakeContext()
    expect(await run(['receive', '7-a-b', '--yes'], context)).toBe(7)
    expect(context.stdout.text).toBe('')
  })
})

describe('p2pshare receive -o -', () => {
  it('writes contents to standard output, and nothing else', async () => {
    receive.mockImplementation(async (_code: string, { output, onEvent }: ReceiveOptions) => {
      onEvent?.({
        event: 'offer',
        name: 'a.zip',
        kind: 'file',
        files: 1,
        bytes: 8,
        isCounted: true,
      })
      if (typeof output !== 'object') throw new TypeError('nowhere to write to')
      for (const part of ['cont', 'ents']) await output.write(Buffer.from(part))
      return summary
    })
    const context = fakeContext()
    expect(await run(['receive', '7-a-b', '--yes', '-o', '-'], context)).toBe(0)
    expect(context.stdout.text).toBe('contents')
    expect(context.stderr.rows.at(-2)).toMatch(/^Received a\.zip: /)
  })

  it('says before that it goes there', async () => {
    receive.mockImplementation(async (_code: string, { decide, signal }: ReceiveOptions) => {
      const what = {
        name: 'a.zip',
        kind: 'file',
        files: 1,
        bytes: 8,
        isCounted: true,
        target: '',
      } as const
      if (await decide?.(what, signal ?? AbortSignal.abort())) return summary
      throw new ShareError('declined', 'The file was declined')
    })
    const context = { ...fakeContext(80), stdout: fakeContext().stdout }
    const status = run(['receive', '7-a-b', '-o', '-'], context)
    const question = 'a.zip (8 B) would be written to standard output\n'
    await vi.waitFor(() => expect(context.stderr.text).toContain(question))
    context.stdin.write('y\r')
    expect(await status).toBe(0)
  })

  it('refuses to write to a terminal', async () => {
    expect(await run(['receive', '7-a-b', '--yes', '-o', '-'], fakeContext(80))).toBe(2)
    expect(receive).not.toHaveBeenCalled()
  })
})

describe('p2pshare verify', () => {
  const finds = (...mismatches: { path: string; reason: 'missing' | 'changed' }[]) =>
    verify.mockImplementation(async (_receipt: string, _dir: string, options: VerifyOptions) => {
      for (const mismatch of mismatches) options.onEvent?.({ event: 'mismatch', ...mismatch })
      const outcome = { files: 312, bytes: 2048, mismatches: mismatches.length, digest: 'ab' }
      options.onEvent?.({ event: 'done', ...outcome })
      return outcome
    })
  const mismatch = { path: 'photos/\u001b[2J', reason: 'changed' } as const

  it('says that all is well', async () => {
    finds()
    const context = fakeContext()
    expect(await run(['verify', 'r.json', 'in'], context)).toBe(0)
    expect(verify).toHaveBeenCalledWith('r.json', 'in', expect.anything())
    expect(context.stdout.text).toBe('')
    expect(context.stderr.text).toBe('As the receipt says: 312 files, 2.0 KiB.\n')
  })

  it('tells of each file that differs, and ends with status 7', async () => {
    finds(mismatch, { path: 'b', reason: 'missing' })
    const context = fakeContext()
    expect(await run(['verify', 'r.json'], context)).toBe(7)
    expect(context.stderr.text).toBe(
      'changed: photos/\\u{1b}[2J\nmissing: b\n' +
        'p2pshare: 2 of 312 files differ from the receipt.\n',
    )
  })

  it('writes events with --json, and next to nothing with --quiet', async () => {
    finds(mismatch)
    const context = fakeContext()
    expect(await run(['verify', 'r.json', '--json'], context)).toBe(7)
    const events = context.stdout.text.trimEnd().split('\n')
    expect(events.map((line): unknown => JSON.parse(line))).toMatchObject([
      { v: 1, event: 'mismatch', ...mismatch },
      { event: 'done', files: 312, bytes: 2048, mismatches: 1, digest: 'ab' },
      { event: 'error', code: 'integrity', exit: 7 },
    ])
    expect(context.stderr.text).toBe('')
    const quiet = fakeContext()
    expect(await run(['verify', 'r.json', '--quiet'], quiet)).toBe(7)
    expect(quiet.stderr.text).toBe('p2pshare: 1 of 312 files differs from the receipt.\n')
  })

  it('ends with the status of what stops it', async () => {
    verify.mockRejectedValueOnce(new ShareError('file-failed', 'It is no receipt'))
    expect(await run(['verify', 'r.json'], fakeContext())).toBe(8)
    verify.mockImplementation((_receipt: string, _dir: string, options: VerifyOptions) =>
      untilAborted(options.signal),
    )
    const context = fakeContext()
    const status = run(['verify', 'r.json'], context)
    await vi.waitFor(() => expect(verify).toHaveBeenCalledTimes(2))
    context.controller.abort(stopped)
    expect(await status).toBe(130)
  })
})

describe('p2pshare serve', () => {
  it('prints its address, logs to standard error, and ends well when it is told to', async () => {
    const close = vi.fn(async () => {})
    serve.mockImplementation(async ({ logger }: ServeOptions) => {
      logger?.info({}, 'listening')
      return { url: 'http://127.0.0.1:7342', close }
    })
    const context = fakeContext()
    const status = run(['serve', '--port', '7342'], context)
    await vi.waitFor(() => expect(context.stdout.text).toBe('http://127.0.0.1:7342\n'))
    expect(close).not.toHaveBeenCalled()
    context.controller.abort(stopped)
    expect(await status).toBe(0)
    expect(close).toHaveBeenCalledOnce()
    expect(context.stderr.text).toBe('listening\n')
    expect(serve).toHaveBeenCalledWith(expect.objectContaining({ port: 7342 }))
  })

  it('ends well when it is told to before it listens', async () => {
    serve.mockImplementation(async ({ signal }: { signal: AbortSignal }) => untilAborted(signal))
    const context = fakeContext()
    const status = run(['serve'], context)
    await vi.waitFor(() => expect(serve).toHaveBeenCalled())
    context.controller.abort(stopped)
    expect(await status).toBe(0)
    expect(context.stderr.text).toBe('')
  })

  it('fails when it cannot listen, or something broke', async () => {
    serve.mockRejectedValueOnce(new ShareError('usage', 'The port is taken'))
    expect(await run(['serve'], fakeContext())).toBe(2)
    serve.mockResolvedValue({ url: '', close: async () => {} })
    const context = fakeContext()
    const status = run(['serve'], context)
    context.controller.abort(new ShareError('internal', 'It broke'))
    expect(await status).toBe(1)
  })
})
