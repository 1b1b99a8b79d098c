import { abortReason } from '../errors.ts'

/**
 * What `running` comes to. Throws why `signal` was aborted if `running` has not settled within
 * `timeoutMs` of that: whoever stops a command does not wait for a cleanup that hangs.
 */
export async function untilStopped<Result>(
  running: Promise<Result>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Result> {
  const settled = new AbortController()
  const stopped = new Promise<never>((_resolve, reject) => {
    const onAbort = () => {
      const timer = setTimeout(() => reject(abortReason(signal)), timeoutMs)
      settled.signal.addEventListener('abort', () => clearTimeout(timer))
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { signal: settled.signal })
  })
  return Promise.race([running, stopped]).finally(() => settled.abort())
}
