import { ShareError } from '../errors.ts'
import type { OfferInfo } from '../events.ts'
import { WORDS_AT_TERMINAL, WORDS_IN_SCRIPTS } from '../limits.ts'
import type { Received, ReceiveNewOptions, ReceiveOptions } from '../receive.ts'
import { readCodeFile } from './code-file.ts'
import type { ReceiveCommand } from './command.ts'
import { STANDARD_STREAM } from './flag-values.ts'
import {
  askAboutExisting,
  askCode,
  askToSave,
  askToVerify,
  assertCanVerify,
  canAsk,
} from './prompts.ts'
import { showText } from './show-text.ts'
import { ContentsOutput } from './standard-streams.ts'
import { displayPath } from './summary-line.ts'
import type { CommandContext } from './terminal.ts'
import { type Outcome, type Watched, watchTransfer } from './watch-transfer.ts'
import { commandAgain } from './way-on.ts'

/**
 * `p2pshare receive`: asks what it was not told, receives, and shows how it goes; a text goes to
 * standard output in the end. Throws ShareError `usage` before anything else where it would have to
 * ask and cannot, or contents would go to a terminal, and the ShareError of `receive`.
 */
export async function runReceive(
  command: ReceiveCommand,
  argv: readonly string[],
  context: CommandContext,
): Promise<void> {
  const {
    name: _name,
    mode,
    detail,
    verify,
    yes,
    isNew,
    words,
    code,
    codeFile,
    output,
    existing,
    ...options
  } = command
  const isPiped = output === STANDARD_STREAM
  if (isPiped && context.stdout.isTTY) refuseToPipe()
  if (!canAsk(context)) refuseToAsk(command)
  if (verify) assertCanVerify(context)
  const api = import('../receive.ts')
  // Loading goes on while the code is typed; a failure is met where the module is awaited.
  api.catch(() => {})
  const file = codeFile === undefined ? undefined : await readCodeFile(codeFile, context.signal)
  const known = file?.code ?? code
  const askForCode = () => askCode(context, async (line) => (await api).completeCode(line))
  const start = isNew
    ? await fromNewCode(api, { code: known, words }, context)
    : await fromCode(api, known ?? (await askForCode()))

  const namesRendezvous = command.rendezvous !== undefined
  const view = { role: 'receiver', namesRendezvous, asks: !yes } as const
  let offered: OfferInfo | undefined
  let text: string | undefined
  const again = isPiped ? undefined : commandAgain(argv, code)
  await watchTransfer({ mode, detail, again }, view, context, async ({ watchers, ask }) => {
    if (file?.warning) watchers.onEvent({ event: 'warning', message: file.warning })
    const received = await start({
      ...options,
      ...placeFor(output, context),
      existing: existing ?? (yes ? 'refuse' : whatToDo(context, ask)),
      ...(verify && {
        verify: (_words, stop) => ask(() => askToVerify({ ...context, signal: stop })),
      }),
      decide: async (offer, signal) =>
        yes || ask(() => askToSave(offer, shownTarget(offer, isPiped), { ...context, signal })),
      signal: context.signal,
      ...watchers,
      onEvent: (event) => {
        if (event.event === 'offer') offered = event
        if (event.event === 'text') text = event.text
        watchers.onEvent(event)
      },
    })
    return outcomeOf(received, offered, isPiped)
  })
  if (text !== undefined && mode !== 'json') showText(text, context.stdout)
}

/** Both ways to begin take these. */
type StartOptions = Omit<ReceiveNewOptions, 'code' | 'words'>
type Start = (options: StartOptions) => Promise<Received>
type Api = Promise<typeof import('../receive.ts')>

async function fromCode(api: Api, code: string): Promise<Start> {
  const { receive } = await api
  return (options) => receive(code, options)
}

async function fromNewCode(
  api: Api,
  { code, words }: { code: string | undefined; words: number | undefined },
  { stdin }: CommandContext,
): Promise<Start> {
  const { receiveNew } = await api
  const own = {
    words: words ?? (stdin.isTTY ? WORDS_AT_TERMINAL : WORDS_IN_SCRIPTS),
    ...(code !== undefined && { code }),
  }
  return async (options) => (await receiveNew({ ...own, ...options })).done
}

function placeFor(
  output: string | undefined,
  { stdout }: CommandContext,
): Pick<StartOptions, 'output'> {
  if (output === undefined) return {}
  return { output: output === STANDARD_STREAM ? new ContentsOutput(stdout) : output }
}

function whatToDo(
  context: CommandContext,
  ask: Watched['ask'],
): Exclude<ReceiveOptions['existing'], undefined> {
  return (path, signal) =>
    ask(() => askAboutExisting(displayPath(path, process.cwd()), { ...context, signal }))
}

/** Undefined where it goes to standard output. */
function shownTarget(
  { kind, target }: OfferInfo & { target: string },
  isPiped: boolean,
): string | undefined {
  return isPiped || kind === 'text' ? undefined : displayPath(target, process.cwd())
}

function outcomeOf(
  summary: Outcome['summary'] & { saved?: string | undefined },
  offered: OfferInfo | undefined,
  isPiped: boolean,
): Outcome {
  if (offered?.kind === 'text') return { verb: 'Received', what: 'a text', summary }
  if (!isPiped && summary.saved !== undefined) {
    return { verb: 'Saved', what: displayPath(summary.saved, process.cwd()), summary }
  }
  return { verb: 'Received', what: offered?.name ?? 'everything', summary }
}

/** What another machine sends could be anything, and a terminal obeys some of it. */
function refuseToPipe(): never {
  throw new ShareError('usage', 'Standard output is a terminal, which contents could take over', {
    hint: 'Pass them on with |, or save them with --output FILE.',
  })
}

function refuseToAsk({ isNew, code, codeFile, yes, output }: ReceiveCommand): void {
  if (!isNew && code === undefined && codeFile === undefined) {
    throw new ShareError('usage', 'No code was given, and there is no terminal to ask for it', {
      hint: 'Run p2pshare receive CODE, or set P2PSHARE_CODE.',
    })
  }
  if (!yes && output !== STANDARD_STREAM) {
    throw new ShareError('usage', 'There is no terminal to ask whether to save the file', {
      hint: 'Add --yes to save without asking.',
    })
  }
}
