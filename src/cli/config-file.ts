import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ShareError } from '../errors.ts'
import { MAX_CONFIG_BYTES } from '../limits.ts'
import { settingOptions } from './setting-names.ts'
import { expectedValue, settingText } from './setting-value.ts'

/** The file of settings that `p2pshare config` writes: flags that are always given. */
export interface ConfigFile {
  /** Undefined where this user has no home. */
  path: string | undefined
  /** All that is in it; undefined where that cannot be told. */
  entries: Record<string, unknown> | undefined
  /** By name, as the environment would have them. */
  settings: ReadonlyMap<string, string>
  /** Why it cannot be used as it is: a ShareError `usage`. */
  fault?: ShareError
}

/** Of a user who has no home. */
export const NO_SETTINGS: ConfigFile = { path: undefined, entries: {}, settings: new Map() }

/** Where it is, which the platform or `XDG_CONFIG_HOME` decides. */
export async function configPath(): Promise<string | undefined> {
  try {
    // It reads that variable itself, and throws as it is loaded where there is no home.
    const { default: envPaths } = await import('env-paths')
    return join(envPaths('p2pshare', { suffix: '' }).config, 'config.json')
  } catch {
    return undefined
  }
}

/** What is in the file at `path`. Never throws: a command that needs no settings works without. */
export async function readConfigFile(path: string | undefined): Promise<ConfigFile> {
  if (path === undefined) return NO_SETTINGS
  const empty = { ...NO_SETTINGS, path }
  try {
    const text = await readSmallFile(path)
    return text === undefined ? empty : parseConfig(path, text)
  } catch (thrown) {
    return { ...empty, entries: undefined, fault: unusable(path, thrown) }
  }
}

/** Undefined where there is none. */
async function readSmallFile(path: string): Promise<string | undefined> {
  try {
    const stats = await stat(path)
    // Reading anything else might wait for ever.
    if (!stats.isFile()) throw new Error('it is not a file')
    if (stats.size > MAX_CONFIG_BYTES) throw new Error('it is too large')
    return await readFile(path, 'utf8')
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw thrown
  }
}

function parseConfig(path: string, text: string): ConfigFile {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error('it is not a JSON object')
  }
  const entries: Record<string, unknown> = { ...parsed }
  const settings = new Map<string, string>()
  const faults: ShareError[] = []
  for (const [name, value] of Object.entries(entries)) {
    try {
      const options = settingOptions(name)
      const setting = settingText(options, value)
      if (setting === undefined) throw badValue(name, `${expectedValue(options)}, in JSON`)
      settings.set(name, setting)
    } catch (thrown) {
      if (!(thrown instanceof ShareError)) throw thrown
      faults.push(inFile(path, name, thrown))
    }
  }
  const [fault] = faults
  return { path, entries, settings, ...(fault && { fault }) }
}

/** That a value of `name` is not as it has to be. */
export function badValue(name: string, expected: string): ShareError {
  return new ShareError('usage', `${name} has to be ${expected}`, { hint: '' })
}

/** `error` where it comes of the setting `name` of the file at `path`. */
export function inFile(path: string, name: string, error: ShareError): ShareError {
  const wayOut = `To take it out of the file:\n  p2pshare config unset ${quoted(name)}`
  const hint = error.hint === '' ? wayOut : `${error.hint} ${wayOut}`
  return new ShareError('usage', `${path}: ${error.message}`, { hint, cause: error })
}

function quoted(name: string): string {
  return /^[\w-]+$/.test(name) ? name : 'NAME'
}

function unusable(path: string, thrown: unknown): ShareError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new ShareError('usage', `${path} cannot be read: ${reason}`, {
    hint: 'Mend it, or remove it to start anew: it has settings as JSON, {"wait": "10m"}.',
    cause: thrown,
  })
}
