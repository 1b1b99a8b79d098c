import { abortReason } from '../errors.ts'

/**
 * What `run` comes to, or what `expired` returns or throws where that takes longer than `limitMs`: then the signal that
 * it was given is aborted, and nobody waits for what it makes of that. Throws why `signal` was
 * aborted, at once.
 */
export async function limited<Result>(
  limitMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<Result>,
  expired: () => Result,
): Promise<Result> {
  const stop = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let onAbort = () => {}
  const limit = new Promise<void>((resolve, reject) => {
    timer = setTimeout(resolve, limitMs)
    onAbort = () => reject(abortReason(signal))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
  try {
    return await Promise.race([run(AbortSignal.any([signal, stop.signal])), limit.then(expired)])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    stop.abort()
  }
}
