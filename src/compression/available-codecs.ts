import type { Codec } from './codec.ts'

let loading: Promise<readonly Codec[]> | undefined

/**
 * The codecs that this process has, best first. They are loaded by the first call, which takes a
 * few milliseconds.
 */
export function availableCodecs(): Promise<readonly Codec[]> {
  loading ??= load()
  return loading
}

/** The best of `codecs` that the other side has too, going by the names it told; else undefined. */
export function sharedCodec(
  codecs: readonly Codec[],
  peerNames: ReadonlySet<string>,
): Codec | undefined {
  return codecs.find(({ name }) => peerNames.has(name))
}

async function load(): Promise<readonly Codec[]> {
  const [{ zstdCodec }, { loadLz4Codec }] = await Promise.all([
    import('./zstd-codec.ts'),
    import('./lz4-codec.ts'),
  ])
  return [zstdCodec(), await loadLz4Codec()].filter((codec) => codec !== undefined)
}
