import { ShareError, toShareError } from '../errors.ts'
import { EXIT_GRACE_MS, STOP_TIMEOUT_MS } from '../limits.ts'
import { configPath, readConfigFile } from './config-file.ts'
import { readEnvironment } from './environment.ts'
import { run } from './run.ts'
import { tuneRuntime } from './tune-runtime.ts'

tuneRuntime()
const stopping = new AbortController()

/** Ends the command with `error`; whoever asks a second time does not want to wait. */
function stop(error: ShareError): void {
  if (stopping.signal.aborted) {
    if (process.stderr.isTTY) process.stderr.write('\n')
    process.exit(error.exit)
  }
  stopping.abort(error)
}

const interrupt = () => stop(new ShareError('stopped-sigint', 'Stopped'))
process.on('SIGINT', interrupt)
process.on('SIGTERM', () => stop(new ShareError('stopped-sigterm', 'Stopped')))
process.on('uncaughtException', (error) => stopping.abort(toShareError(error)))
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read the output has seen enough (`| head`); the transfer is worth more than its log.
    if (error.code === 'EPIPE') return
    stopping.abort(new ShareError('file-failed', `Output cannot be written: ${error.message}`))
  })
}

const context = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: readEnvironment(),
  signal: stopping.signal,
  interrupt,
}
const config = await readConfigFile(await configPath())
process.exitCode = await run(process.argv.slice(2), context, config)
const written = [process.stdout, process.stderr].map(
  (stream) => new Promise<void>((resolve) => stream.write('', () => resolve())),
)
// Whoever stops a command does not wait for a reader that does not read.
const patience = new Promise<void>((resolve) => {
  const wait = () => setTimeout(resolve, STOP_TIMEOUT_MS).unref()
  if (stopping.signal.aborted) wait()
  else stopping.signal.addEventListener('abort', wait)
})
await Promise.race([Promise.all(written), patience])
// The engine's threads keep the process alive long after the last connection is closed.
setTimeout(() => process.exit(), EXIT_GRACE_MS).unref()
