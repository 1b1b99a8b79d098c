import { pino } from 'pino'

/** What the server tells its log; pino fits. */
export interface ServerLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface ServerLoggerOptions {
  level?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Takes whole lines of JSON, each ending in a line feed; standard output when absent. */
  destination?: { write(line: string): void }
}

/** A logger that writes one JSON object a line, without the machine's name. */
export function createServerLogger({
  level = 'info',
  destination,
}: ServerLoggerOptions = {}): ServerLogger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return destination === undefined ? pino(options) : pino(options, destination)
}
