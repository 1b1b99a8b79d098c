import { basename, resolve } from 'node:path'
import { abortReason, ShareError } from '../errors.ts'
import { WORDS_AT_TERMINAL, WORDS_IN_SCRIPTS } from '../limits.ts'
import type { SendInput, SendOptions, SeveralReceivers } from '../send.ts'
import { type CodeFile, readCodeFile } from './code-file.ts'
import type { SendCommand, SendWhat } from './command.ts'
import { askToVerify, assertCanVerify } from './prompts.ts'
import { receiversFailure, receiversLine } from './receivers-outcome.ts'
import { readInput } from './standard-streams.ts'
import { type CommandContext, hasColour } from './terminal.ts'
import { type Watched, watchEvents, watchTransfer } from './watch-transfer.ts'
import { commandAgain } from './way-on.ts'

/** `p2pshare send`: sends what was named and shows how it goes. Throws the ShareError of `send`. */
export async function runSend(
  command: SendCommand,
  argv: readonly string[],
  context: CommandContext,
): Promise<void> {
  const {
    name: _name,
    what,
    mode,
    detail,
    verify,
    qr,
    receivers,
    keep,
    codeFile,
    ...options
  } = command
  if (verify) assertCanVerify(context)
  if (verify && (keep || receivers !== undefined)) {
    throw new ShareError('usage', 'One person cannot compare words with several at once', {
      hint: 'Leave out --verify; each receiver may compare with it, by what is shown here.',
    })
  }
  const { stdin, stderr, signal } = context
  // Where standard input is what is sent, standard error tells whether somebody reads the code.
  const isAtTerminal = 'inputName' in what ? stderr.isTTY : stdin.isTTY
  const words = isAtTerminal ? WORDS_AT_TERMINAL : WORDS_IN_SCRIPTS
  const { send } = await import('../send.ts')
  const drawCode = qr && mode === 'text' ? await codeDrawing(context) : undefined
  const file = codeFile === undefined ? undefined : await readCodeFile(codeFile, signal)
  const code = file?.code ?? command.code
  const namesRendezvous = command.rendezvous !== undefined
  const view = { role: 'sender', namesRendezvous, asks: false } as const
  // What came through a pipe cannot be sent again.
  const again = 'paths' in what ? commandAgain(argv, command.to ?? command.code) : undefined
  const input = inputOf(what, context)
  const optionsWith = ({ watchers, ask, say }: Watched): SendOptions => ({
    words,
    ...options,
    ...(code !== undefined && { code }),
    ...(verify && {
      verify: (_words, stop) => ask(() => askToVerify({ ...context, signal: stop })),
    }),
    signal,
    ...watchers,
    onEvent: (event) => {
      watchers.onEvent(event)
      if (event.event === 'code' && drawCode) say(drawCode(event.full))
    },
  })
  if (receivers === undefined && !keep) {
    await watchTransfer({ mode, detail, again }, view, context, async (watched) => {
      warnOf(file, watched)
      const sending = await send(input, optionsWith(watched))
      return { verb: 'Sent', summary: await sending.done, what: labelOf(what) }
    })
    return
  }
  const several: SeveralReceivers = receivers === undefined ? { keep: true } : { receivers }
  const summary = await watchEvents(
    { mode, detail },
    { ...view, isForSeveral: true },
    context,
    async (watched) => {
      warnOf(file, watched)
      return (await send(input, { ...optionsWith(watched), ...several })).done
    },
    receiversLine,
  )
  const failure = receiversFailure(summary, signal.aborted ? abortReason(signal) : undefined)
  if (failure) throw failure
}

/** What draws the command for the other side; a terminal's colours only where there is one. */
async function codeDrawing(context: CommandContext): Promise<(code: string) => string> {
  const { stderr, environment } = context
  const { qrCode } = await import('./qr-code.ts')
  const columns = (stderr.isTTY && stderr.columns) || Number.POSITIVE_INFINITY
  return (code) => {
    const drawn = qrCode(`p2pshare receive ${code}`, columns, hasColour(stderr, environment))
    return `${drawn ?? 'There is no room for the QR code: make the terminal wider.'}\n`
  }
}

function inputOf(what: SendWhat, { stdin, signal }: CommandContext): SendInput {
  if ('inputName' in what) return { stream: readInput(stdin, signal), name: what.inputName }
  if ('text' in what) return what
  const [path, ...others] = what.paths
  return path !== undefined && others.length === 0 ? path : what.paths
}

/** What the summary calls it. */
function labelOf(what: SendWhat): string {
  if ('inputName' in what) return what.inputName
  if ('text' in what) return 'a text'
  const [path, ...others] = what.paths
  return path !== undefined && others.length === 0
    ? basename(resolve(path))
    : `${what.paths.length} items`
}

function warnOf(file: CodeFile | undefined, { watchers }: Watched): void {
  if (file?.warning) watchers.onEvent({ event: 'warning', message: file.warning })
}
