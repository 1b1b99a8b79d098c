/** What a command writes: text for a person, JSON lines, or next to nothing. */
export type OutputMode = 'text' | 'json' | 'quiet'

export interface SendCommand {
  name: 'send'
  file: string
  mode: OutputMode
  code?: string
  words?: number
  waitMs?: number
  rendezvous?: string
  lanes?: number
  compress?: boolean
}

export interface ReceiveCommand {
  name: 'receive'
  mode: OutputMode
  /** Save without asking. */
  yes: boolean
  code?: string
  output?: string
  waitMs?: number
  rendezvous?: string
  compress?: boolean
}

export interface ServeCommand {
  name: 'serve'
  host?: string
  port?: number
  trustedProxies?: string[]
}

/** What a command line asks for. `text` is an answer in itself: the help or the version. */
export type Command = SendCommand | ReceiveCommand | ServeCommand | { name: 'print'; text: string }
