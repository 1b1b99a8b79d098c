/** What of a machine decides whether the engine has a build for it. */
export interface Platform {
  system: NodeJS.Platform
  processor: string
  /** Of Linux: the version of glibc that Node runs on; undefined where it is another C library. */
  glibc?: string | undefined
}

/** The engine's builds (its package's README); x64 of Linux was linked against glibc 2.34. */
const BUILDS = new Set(['linux x64', 'linux arm64', 'darwin x64', 'darwin arm64', 'win32 x64'])
const OLDEST_GLIBC = '2.34'

/** Why the engine does not load there, as a sentence, and what to do about it. */
export function missingEngine({ system, processor, glibc }: Platform): {
  message: string
  hint: string
} {
  const machine = `${system} ${processor}`
  if (!BUILDS.has(machine)) {
    return {
      message: `The WebRTC engine has no build for this machine (${machine})`,
      hint: 'It runs on Linux and macOS (x64 and arm64) and on Windows (x64).',
    }
  }
  if (system === 'linux' && glibc === undefined) {
    return {
      message: 'The WebRTC engine needs glibc, and this Linux has another C library (musl)',
      hint: 'Alpine has musl: use an image of Debian or Ubuntu, such as node:22-slim.',
    }
  }
  if (glibc !== undefined && isOlder(glibc, OLDEST_GLIBC)) {
    return {
      message: `The WebRTC engine needs glibc ${OLDEST_GLIBC} or later, and this Linux has ${glibc}`,
      hint: 'Use Ubuntu 22.04, Debian 12, or something later than that.',
    }
  }
  return {
    message: `The WebRTC engine is not installed, or does not load here (${machine})`,
    hint: 'Install p2pshare again, without --omit=optional.',
  }
}

/** The platform that this process runs on. */
export function ownPlatform(): Platform {
  const { platform: system, arch: processor } = process
  return { system, processor, ...(system === 'linux' && { glibc: glibcVersion() }) }
}

function glibcVersion(): string | undefined {
  // Else the report looks up the name of every address that is connected.
  Object.assign(process.report, { excludeNetwork: true })
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major < thanMajor || (major === thanMajor && minor < thanMinor)
}
