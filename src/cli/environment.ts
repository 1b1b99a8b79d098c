const PREFIX = 'P2PSHARE_'

/** What the environment asks for. */
export interface Environment {
  /** Values of flags by the flag's name: `P2PSHARE_WAIT=5m` is `wait` => `5m`. */
  flags: ReadonlyMap<string, string>
  /** False under `NO_COLOR` (https://no-color.org) and on a terminal that has none. */
  colour: boolean
  /** `TERM=dumb`: the cursor cannot be moved, so nothing can be drawn over. */
  dumbTerminal: boolean
}

/** The only reader of the environment. A variable that is set to nothing counts as not set. */
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
    colour: !variables['NO_COLOR'] && !dumbTerminal,
    dumbTerminal,
  }
}

/** Whether the text of a variable switches something on. */
export function isYes(value: string | undefined): boolean {
  return value !== undefined && /^(1|true|yes|on)$/i.test(value)
}
