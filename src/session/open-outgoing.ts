import type { TransferWatcher } from '../events.ts'
import type { Outgoing } from '../files/outgoing.ts'

/**
 * What can be sent: a path, several, a stream or bytes under a name, or a text. A stream, such as a
 * Readable, is read once, and not before there is a receiver.
 */
export type SendInput =
  | string
  | readonly string[]
  | { stream: AsyncIterable<Uint8Array>; name: string }
  | { bytes: Uint8Array; name: string }
  | { text: string }

export interface OpenOutgoingOptions {
  exclude?: readonly string[] | undefined
  gitignore?: boolean | undefined
  follow?: boolean | undefined
  /** How many files may be open at the same time. */
  descriptors?: number | undefined
  signal: AbortSignal
  onEvent: TransferWatcher
}

/** Opens what is to be sent. Throws `usage` and what is wrong with the files. */
export async function openOutgoing(
  what: SendInput,
  { exclude, gitignore, follow, descriptors, signal, onEvent }: OpenOutgoingOptions,
): Promise<Outgoing> {
  if (typeof what === 'object' && 'text' in what) {
    const { textSource } = await import('../files/text-source.ts')
    return textSource(what.text)
  }
  if (typeof what === 'object' && 'bytes' in what) {
    const { bytesSource } = await import('../files/bytes-source.ts')
    return bytesSource(what.bytes, { name: what.name, kind: 'file' })
  }
  if (typeof what === 'object' && 'stream' in what) {
    const { streamSource } = await import('../files/stream-source.ts')
    return streamSource(what.stream, { name: what.name, signal })
  }
  const { openOutgoingTree } = await import('../files/outgoing-tree.ts')
  const onWarning = (message: string) => onEvent({ event: 'warning', message })
  const paths = typeof what === 'string' ? [what] : what
  return openOutgoingTree(paths, { exclude, gitignore, follow, descriptors, signal, onWarning })
}
