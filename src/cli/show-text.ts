import { printable } from '../printable.ts'
import type { OutputStream } from './terminal.ts'

/**
 * Puts a received text on `stdout`: exactly as it was sent where a program reads it, on a terminal
 * with everything made visible that the terminal would act on.
 */
export function showText(text: string, stdout: OutputStream): void {
  stdout.write(stdout.isTTY ? `${visibleText(text)}\n` : text)
}

/** Lines and tabs stay; the end of the last line is left to the caller. */
function visibleText(text: string): string {
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(printableWhole).join('\t'))
    .join('\n')
}

function printableWhole(text: string): string {
  return printable(text, Number.POSITIVE_INFINITY)
}
