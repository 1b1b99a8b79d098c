import type { DiagnosticWatcher } from '../diagnostics.ts'
import { toShareError } from '../errors.ts'
import type { TransferEvent, TransferSummary, TransferWatcher } from '../events.ts'
import { STOP_TIMEOUT_MS } from '../limits.ts'
import { CarriedBy } from './carried-by.ts'
import type { Detail, OutputMode } from './command.ts'
import { createRenderer } from './create-renderer.ts'
import type { TransferView } from './renderer.ts'
import { summaryLine, type Verb } from './summary-line.ts'
import type { CommandContext } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'
import { WayOn } from './way-on.ts'

/** What a transfer came to: the summary, and what it was about as the person at this end knows it. */
export interface Outcome {
  verb: Verb
  summary: TransferSummary
  what: string
}

export interface Watching {
  mode: OutputMode
  detail?: Detail | undefined
  /** What to type to go on, should it break off; absent where it could not go on. */
  again?: string | undefined
}

/** What a transfer tells whoever watches it. */
export interface Watchers {
  onEvent: TransferWatcher
  onDiagnostic?: DiagnosticWatcher
}

/** What a command does while a transfer is watched. */
export interface Watched {
  watchers: Watchers
  /** Asks a person. What there is to show waits for the answer, or it would tear the question. */
  ask: <Answer>(question: () => Promise<Answer>) => Promise<Answer>
  /** A line for a person, in the modes that talk to one. */
  say: (line: string) => void
}

/**
 * Runs `transfer`, shows its events, and says in the end how it went. What it throws is thrown on;
 * an error event of its own is dropped, as the error is reported once, where it ends.
 */
export async function watchTransfer(
  watching: Watching,
  view: TransferView,
  context: CommandContext,
  transfer: (watched: Watched) => Promise<Outcome>,
): Promise<void> {
  const carried = new CarriedBy()
  const columns = context.stderr.isTTY ? context.stderr.columns : undefined
  await watchEvents(
    watching,
    view,
    context,
    ({ watchers, ...watched }) => {
      const onEvent: TransferWatcher = (event) => {
        carried.onEvent(event)
        watchers.onEvent(event)
      }
      return transfer({ ...watched, watchers: { ...watchers, onEvent } })
    },
    ({ verb, what, summary }) =>
      summaryLine(verb, what, summary, carried.transports, columns || undefined),
  )
}

/** Does the same with what comes to `Result`, and `lineOf` for how it went. */
export async function watchEvents<Result>(
  { mode, detail, again }: Watching,
  view: TransferView,
  context: CommandContext,
  transfer: (watched: Watched) => Promise<Result>,
  lineOf: (result: Result) => string,
): Promise<Result> {
  const renderer = await createRenderer(mode, view, context)
  const wayOn = again === undefined ? undefined : new WayOn(view.role, again)
  let result: Result
  let ended = false
  let waiting: (() => void)[] | undefined
  const show = (draw: () => void) => {
    if (waiting) waiting.push(draw)
    else draw()
  }
  const showWaiting = () => {
    const drawn = waiting ?? []
    waiting = undefined
    for (const draw of drawn) draw()
  }
  const ask: Watched['ask'] = async (question) => {
    waiting ??= []
    return question().finally(showWaiting)
  }
  try {
    const onEvent = (event: TransferEvent) => {
      const isOfAll = event.event === 'error' && event.receiver === undefined
      if (ended || isOfAll) return
      wayOn?.onEvent(event)
      if (event.event === 'code' && context.environment.isGithubActions) {
        context.stderr.write(maskCommand(event.code))
      }
      show(() => renderer.onEvent(event))
    }
    const write = (line: string) =>
      show(() => {
        if (mode === 'text' && !ended) renderer.say(line)
        else context.stderr.write(`${line}\n`)
      })
    const watchers = { onEvent, ...(detail && (await diagnosing(detail, write))) }
    const running = transfer({ watchers, ask, say: (line) => show(() => renderer.say(line)) })
    result = await untilStopped(running, STOP_TIMEOUT_MS, context.signal)
  } catch (thrown) {
    const error = toShareError(thrown)
    throw wayOn?.added(error) ?? error
  } finally {
    showWaiting()
    ended = true
    renderer.close()
  }
  renderer.say(lineOf(result))
  return result
}

async function diagnosing(
  detail: Detail,
  write: (line: string) => void,
): Promise<Pick<Watchers, 'onDiagnostic'>> {
  const { DiagnosticLog } = await import('./diagnostic-log.ts')
  const log = new DiagnosticLog({ detail, write })
  return { onDiagnostic: (diagnostic) => log.onDiagnostic(diagnostic) }
}

/**
 * What has a GitHub runner hide the secret of `code` in its log from here on. It reads commands from
 * both streams of a step, and standard output may be captured.
 */
function maskCommand(code: string): string {
  return `::add-mask::${code.slice(code.indexOf('-') + 1)}\n`
}
