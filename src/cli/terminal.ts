import { styleText } from 'node:util'
import type { Environment } from './environment.ts'

/** Where text goes: standard output, standard error, or a test's stand-in for either. */
export type OutputStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number }

/** Where a person's answers come from. */
export type InputStream = NodeJS.ReadableStream & { isTTY?: boolean }

/** What a command has of the process that it runs in. */
export interface CommandContext {
  stdin: InputStream
  stdout: OutputStream
  stderr: OutputStream
  environment: Environment
  /** Aborts with the ShareError that the command is to end with. */
  signal: AbortSignal
  /** What Ctrl-C does, for a prompt that gets it as a key. */
  interrupt: () => void
}

export type Style = (format: 'bold' | 'dim' | 'red' | 'yellow', text: string) => string

/** Colours and weights where `stream` is a terminal that has them, or the environment wants them. */
export function createStyle(stream: OutputStream, environment: Environment): Style {
  if (!hasColour(stream, environment)) return (_format, text) => text
  return (format, text) => styleText(format, text, { validateStream: false })
}

/** Whether what is written to `stream` may have colour. */
export function hasColour(stream: OutputStream, { colour }: Environment): boolean {
  return colour === 'always' || (colour === 'terminal' && stream.isTTY === true)
}

/** Whether lines on `stream` can be drawn over. */
export function canDraw(stream: OutputStream, environment: Environment): boolean {
  return stream.isTTY === true && !environment.dumbTerminal
}
