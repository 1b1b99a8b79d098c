import type { OutputMode } from './command.ts'
import type { Renderer, TransferView } from './renderer.ts'
import { type CommandContext, canDraw, createStyle } from './terminal.ts'

/** The renderer for `mode`; only the modules that it needs are loaded. */
export async function createRenderer(
  mode: OutputMode,
  view: TransferView,
  context: CommandContext,
): Promise<Renderer> {
  const { stdout, stderr, environment } = context
  if (mode === 'json') return new (await import('./json-lines.ts')).JsonLines(stdout)
  if (mode === 'quiet') return new (await import('./code-only.ts')).CodeOnly(stdout)
  const style = createStyle(stderr, environment)
  if (view.isForSeveral) {
    if (canDraw(stderr, environment)) {
      const { ReceiversDisplay } = await import('./receivers-display.ts')
      return new ReceiversDisplay(stderr, view, style)
    }
    const { ReceiverLines } = await import('./receiver-lines.ts')
    return new ReceiverLines(stderr, view, style)
  }
  if (canDraw(stderr, environment)) {
    const { ProgressDisplay } = await import('./progress-display.ts')
    return new ProgressDisplay(stderr, view, style)
  }
  const { PlainLines } = await import('./plain-lines.ts')
  return new PlainLines(stderr, view, style)
}
