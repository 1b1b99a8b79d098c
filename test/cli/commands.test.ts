import { beforeEach, describe, expect, it, vi } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { ShareError } from '../../src/errors.ts'
import type { ReceiveOptions, SendOptions } from '../../src/index.ts'
import type { ServeOptions } from '../../src/serve.ts'
import { type FakeContext, type FakeOutput, fakeContext } from './fake-streams.ts'
import { code, connected, done, offer, progress } from './recorded-events.ts'

const { event: _event, ...summary } = done
const send = vi.fn()
const receive = vi.fn()
const serve = vi.fn()
const createServerLogger = ({ destination }: { destination: FakeOutput }) => ({
  info: (_fields: object, message: string) => destination.write(`${message}\n`),
})
vi.mock('../../src/send.ts', () => ({ send }))
vi.mock('../../src/receive.ts', () => ({ receive }))
vi.mock('../../src/serve.ts', () => ({ serve, createServerLogger }))

const stopped = new ShareError('stopped-sigint', 'Stopped')

/** A transfer that can be told to stop and does nothing else. */
function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

beforeEach(() => {
  for (const mock of [send, receive, serve]) mock.mockReset()
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
      const what = { name: 'a.zip', files: 1, bytes: 100, target: `${process.cwd()}/a.zip` }
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
