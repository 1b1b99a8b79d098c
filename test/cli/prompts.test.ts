import { describe, expect, it } from 'vitest'
import { askAboutExisting, askCode, askToSave, canAsk } from '../../src/cli/prompts.ts'
import { ShareError } from '../../src/errors.ts'
import { FakeInput, fakeContext } from './fake-streams.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const offer = {
  name: 'a\u001b[2J.zip',
  kind: 'file',
  files: 1,
  bytes: 1536,
  isCounted: true,
} as const
const complete = async (line: string): Promise<[string[], string]> =>
  line.endsWith('gui') ? [['guitar'], 'gui'] : [[], '']

/** Types one key after the other; what comes in one piece counts as pasted. */
async function type(input: FakeInput, keys: string[]): Promise<void> {
  for (const key of keys) {
    input.write(key)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('canAsk', () => {
  it('wants a person who sees the question and can type the answer', () => {
    const terminal = fakeContext(80)
    expect(canAsk(terminal)).toBe(true)
    expect(canAsk({ ...terminal, stdin: new FakeInput(false) })).toBe(false)
    expect(canAsk({ ...terminal, stderr: fakeContext().stderr })).toBe(false)
  })
})

describe('askCode', () => {
  it('takes a line, asking on standard error only', async () => {
    const context = fakeContext(80)
    const asked = askCode(context, complete)
    expect(context.stdin.isRaw).toBe(true)
    await type(context.stdin, [' 7-guitar-velvet ', '\r'])
    expect(await asked).toBe('7-guitar-velvet')
    expect(context.stderr.text).toContain('Code: ')
    expect(context.stdout.text).toBe('')
    expect(context.stdin.isRaw).toBe(false)
  })

  it('completes words with Tab', async () => {
    const context = fakeContext(80)
    const asked = askCode(context, complete)
    await type(context.stdin, ['7-gui', '\t', '-velvet', '\r'])
    expect(await asked).toBe('7-guitar-velvet')
  })

  it('asks again when nothing was typed', async () => {
    const context = fakeContext(80)
    const asked = askCode(context, complete)
    await type(context.stdin, ['\r', ' \r', '7-a-b\r'])
    expect(await asked).toBe('7-a-b')
  })

  it('gives up on Ctrl-D', async () => {
    const context = fakeContext(80)
    const asked = askCode(context, complete)
    await Promise.all([
      expect(asked).rejects.toMatchObject({ code: 'usage', message: 'No code was given' }),
      type(context.stdin, [CTRL_D]),
    ])
    expect(context.stdin.isRaw).toBe(false)
    expect(context.stderr.text.endsWith('\n')).toBe(true)
  })

  it('stops on Ctrl-C for the reason that the command was stopped', async () => {
    const context = fakeContext(80)
    const interrupt = () => context.controller.abort(new ShareError('stopped-sigint', 'Stopped'))
    const asked = askCode({ ...context, interrupt }, complete)
    await Promise.all([
      expect(asked).rejects.toMatchObject({ code: 'stopped-sigint' }),
      type(context.stdin, ['7-g', CTRL_C]),
    ])
    expect(context.stdin.isRaw).toBe(false)
    expect(context.stderr.text.endsWith('\n')).toBe(true)
  })

  it('does not ask once the command was stopped', async () => {
    const context = fakeContext(80)
    context.controller.abort(new ShareError('stopped-sigterm', 'Stopped'))
    await expect(askCode(context, complete)).rejects.toMatchObject({ code: 'stopped-sigterm' })
    expect(context.stderr.text).toBe('')
  })
})

describe('askToSave', () => {
  it('shows name, size and destination, escaped', async () => {
    const context = fakeContext(80)
    const asked = askToSave(offer, './b\u202e.zip', context)
    await type(context.stdin, ['y\r'])
    expect(await asked).toBe(true)
    expect(context.stderr.text).toContain(
      'a\\u{1b}[2J.zip (1.5 KiB) would be saved as ./b\\u{202e}.zip\n',
    )
    expect(context.stderr.text).toContain('Save it? [y/N] ')
  })

  it.each([
    ['y\r', true],
    ['YES\r', true],
    ['\r', false],
    ['n\r', false],
    ['yikes\r', false],
    [CTRL_D, false],
  ])('takes %j for %s', async (typed, answer) => {
    const context = fakeContext(80)
    const asked = askToSave(offer, './a', context)
    await type(context.stdin, [typed])
    expect(await asked).toBe(answer)
    expect(context.stdin.isRaw).toBe(false)
  })

  it('names no place where it goes to standard output', async () => {
    const context = fakeContext(80)
    const asked = askToSave({ ...offer, kind: 'text' }, undefined, context)
    await type(context.stdin, ['y\r'])
    expect(await asked).toBe(true)
    expect(context.stderr.text).toContain('a text would be written to standard output\n')
  })

  it('ends with the transfer that it was about', async () => {
    const context = fakeContext(80)
    const asked = askToSave(offer, './a', context)
    context.controller.abort(new ShareError('interrupted', 'The other side is gone'))
    await expect(asked).rejects.toMatchObject({ code: 'interrupted' })
    expect(context.stdin.isRaw).toBe(false)
  })
})

describe('askAboutExisting', () => {
  it.each([
    ['o\r', 'overwrite'],
    ['Rename\r', 'rename'],
    [' s \r', 'skip'],
    ['n\r', 'refuse'],
    ['no\r', 'refuse'],
    ['\r', 'refuse'],
    [CTRL_D, 'refuse'],
  ])('takes %j for %s', async (typed, choice) => {
    const context = fakeContext(80)
    const asked = askAboutExisting('./ph\u202eotos', context)
    await type(context.stdin, [typed])
    expect(await asked).toBe(choice)
    expect(context.stderr.text).toContain('"./ph\\u{202e}otos" is there already: [o]verwrite, ')
  })

  it('asks again rather than guess', async () => {
    const context = fakeContext(80)
    const asked = askAboutExisting('a', context)
    await type(context.stdin, ['y\r', 'ok\r', 'skip\r'])
    expect(await asked).toBe('skip')
  })

  it('ends with the transfer that it was about', async () => {
    const context = fakeContext(80)
    const asked = askAboutExisting('a', context)
    context.controller.abort(new ShareError('interrupted', 'The other side is gone'))
    await expect(asked).rejects.toMatchObject({ code: 'interrupted' })
  })
})
