import type { DiagnosticWatcher } from '../diagnostics.ts'
import type { TransferEvent, TransferSummary, TransferWatcher } from '../events.ts'
import { STOP_TIMEOUT_MS } from '../limits.ts'
import { CarriedBy } from './carried-by.ts'
import type { Detail, OutputMode } from './command.ts'
import { createRenderer } from './create-renderer.ts'
import type { TransferView } from './renderer.ts'
import { summaryLine, type Verb } from './summary-line.ts'
import type { CommandContext } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'

/** What a transfer came to: the summary, and what it was about as the person at this end knows it. */
export interface Outcome {
  verb: Verb
  summary: TransferSummary
  what: string
}

/** What a transfer tells whoever watches it. */
export interface Watchers {
  onEvent: TransferWatcher
  onDiagnostic?: DiagnosticWatcher
}

/**
 * Runs `transfer`, shows its events in `mode`, and says in the end how it went. What it throws is
 * thrown on; an error event of its own is dropped, as the error is reported once, where it ends.
 */
export async function watchTransfer(
  { mode, detail }: { mode: OutputMode; detail?: Detail | undefined },
  view: TransferView,
  context: CommandContext,
  transfer: (watchers: Watchers) => Promise<Outcome>,
): Promise<void> {
  const renderer = await createRenderer(mode, view, context)
  const carried = new CarriedBy()
  let outcome: Outcome
  let ended = false
  try {
    const onEvent = (event: TransferEvent) => {
      if (ended || event.event === 'error') return
      carried.onEvent(event)
      renderer.onEvent(event)
    }
    const write = (line: string) => {
      if (mode === 'text' && !ended) renderer.say(line)
      else context.stderr.write(`${line}\n`)
    }
    const running = transfer({ onEvent, ...(detail && (await diagnosing(detail, write))) })
    outcome = await untilStopped(running, STOP_TIMEOUT_MS, context.signal)
  } finally {
    ended = true
    renderer.close()
  }
  const { verb, what, summary } = outcome
  renderer.say(summaryLine(verb, what, summary, carried.transports))
}

async function diagnosing(
  detail: Detail,
  write: (line: string) => void,
): Promise<Pick<Watchers, 'onDiagnostic'>> {
  const { DiagnosticLog } = await import('./diagnostic-log.ts')
  const log = new DiagnosticLog({ detail, write })
  return { onDiagnostic: (diagnostic) => log.onDiagnostic(diagnostic) }
}
