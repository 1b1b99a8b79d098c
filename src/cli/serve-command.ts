import { once } from 'node:events'
import { abortReason } from '../errors.ts'
import { SERVER_SHUTDOWN_TIMEOUT_MS, STOP_TIMEOUT_MS } from '../limits.ts'
import type { ServeCommand } from './command.ts'
import type { CommandContext } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'

/**
 * `p2pshare serve`: runs the rendezvous server until it is told to stop, which is no failure: a
 * service ends so. Its address goes to standard output once it listens, its log to standard error.
 */
export async function runServe(command: ServeCommand, context: CommandContext): Promise<void> {
  const { signal } = context
  const timeoutMs = SERVER_SHUTDOWN_TIMEOUT_MS + STOP_TIMEOUT_MS
  try {
    await untilStopped(serveUntilAborted(command, context), timeoutMs, signal)
  } catch (error) {
    if (!wasToldToStop(signal)) throw error
  }
}

async function serveUntilAborted(command: ServeCommand, context: CommandContext): Promise<never> {
  const { name: _name, ...options } = command
  const { signal, stdout, stderr } = context
  const { createServerLogger, serve } = await import('../serve.ts')
  const logger = createServerLogger({ destination: stderr })
  const server = await serve({ ...options, logger, signal })
  try {
    stdout.write(`${server.url}\n`)
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await server.close()
  }
  throw abortReason(signal)
}

function wasToldToStop(signal: AbortSignal): boolean {
  return signal.aborted && abortReason(signal).code.startsWith('stopped-')
}
