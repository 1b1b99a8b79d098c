const PREFIX = 'P2PSHARE_'

/** What the environment asks for. */
export interface Environment {
  /** Values of flags by the flag's name: `P2PSHARE_WAIT=5m` is `wait` => `5m`. */
  flags: ReadonlyMap<string, string>
  /**
   * Whether there is to be colour: `always` under `FORCE_COLOR` (https://force-color.org), `never`
   * under `NO_COLOR` (https://no-color.org) and on a terminal that has none, else on a terminal.
   */
  colour: 'always' | 'never' | 'terminal'
  /** `HTTPS_PROXY` or `ALL_PROXY`, and `NO_PROXY`, in small letters too, which come first. */
  proxy?: { url: string; except: string[] }
  /** `TERM=dumb`: the cursor cannot be moved, so nothing can be drawn over. */
  dumbTerminal: boolean
  /** `GITHUB_ACTIONS=true`: output is a log that many can read, and commands in it are obeyed. */
  isGithubActions: boolean
}

/**
 * The only reader of the environment, but for what the place of the file of settings depends on,
 * which env-paths reads. A variable that is set to nothing counts as not set.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const flags = new Map<string, string>()
  for (const [name, value] of Object.entries(variables)) {
    if (!value || !name.startsWith(PREFIX)) continue
    flags.set(name.slice(PREFIX.length).toLowerCase().replaceAll('_', '-'), value)
  }
  // It holds several, a line each.
  const iceServers = flags.get('ice-servers')
  if (iceServers) flags.set('ice-server', iceServers)
  const dumbTerminal = variables['TERM'] === 'dumb'
  return {
    flags,
    colour: colourFrom(variables),
    dumbTerminal,
    ...proxyFrom(variables),
    isGithubActions: variables['GITHUB_ACTIONS'] === 'true',
  }
}

/** A rendezvous outside of this network is always asked by https. */
function proxyFrom(variables: NodeJS.ProcessEnv): Pick<Environment, 'proxy'> {
  const value = (name: string) => variables[name.toLowerCase()] || variables[name]
  const url = value('HTTPS_PROXY') || value('ALL_PROXY')
  if (!url) return {}
  return { proxy: { url, except: (value('NO_PROXY') ?? '').split(/[\s,]+/).filter(Boolean) } }
}

/** `FORCE_COLOR` comes first, as in Node; its `0` and `false` are a NO_COLOR. */
function colourFrom(variables: NodeJS.ProcessEnv): Environment['colour'] {
  const { FORCE_COLOR: force, NO_COLOR: forbid, TERM: terminal } = variables
  if (force) return /^(0|false)$/i.test(force) ? 'never' : 'always'
  return forbid || terminal === 'dumb' ? 'never' : 'terminal'
}

/** Whether the text of a variable switches something on. */
export function isYes(value: string | undefined): boolean {
  return value !== undefined && /^(1|true|yes|on)$/i.test(value)
}

/** Whether the text of a variable says that something is to be off. */
export function isNo(value: string): boolean {
  return /^(0|false|no|off)$/i.test(value)
}
