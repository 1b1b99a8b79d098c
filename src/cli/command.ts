import type { DoctorOptions } from '../doctor.ts'
import type { DoctorWithOptions } from '../doctor-with.ts'
import type { ReceiveOptions } from '../receive.ts'
import type { SendOptions } from '../send.ts'

/** What a command writes: text for a person, JSON lines, or next to nothing. */
export type OutputMode = 'text' | 'json' | 'quiet'

/** How much of its workings a command explains on standard error. */
export type Detail = 'verbose' | 'debug'

/** What is to be sent: files and directories, standard input under a name, or a text. */
export type SendWhat = { paths: string[] } | { inputName: string } | { text: string }

export interface SendCommand
  extends Omit<SendOptions, 'signal' | 'onEvent' | 'onDiagnostic' | 'verify'> {
  name: 'send'
  what: SendWhat
  mode: OutputMode
  detail?: Detail
  verify?: true
  /** Show the code as a QR code, too. */
  qr?: true
  /** How many are to receive it, side by side; one when absent. */
  receivers?: number
  /** Whoever comes receives it, until the command is stopped. */
  keep?: boolean
  /** The file that has the code of one's own. */
  codeFile?: string
}

export interface ReceiveCommand
  extends Omit<
    ReceiveOptions,
    'signal' | 'onEvent' | 'onDiagnostic' | 'verify' | 'decide' | 'output' | 'existing'
  > {
  name: 'receive'
  mode: OutputMode
  detail?: Detail
  verify?: true
  /** Save without asking. */
  yes: boolean
  /** Make the code: `code` is one of one's own then, if there is any. */
  isNew?: boolean
  words?: number
  code?: string
  /** The file that has it. */
  codeFile?: string
  /** A path, or `-` for standard output. */
  output?: string
  /** What to do about what is there already; to be asked, or refused, when absent. */
  existing?: 'overwrite' | 'rename' | 'skip'
}

export interface VerifyCommand {
  name: 'verify'
  mode: OutputMode
  receipt: string
  directory: string
}

export interface ServeCommand {
  name: 'serve'
  host?: string
  port?: number
  trustedProxies?: string[]
  stun?: string[]
  turn?: string[]
  turnSecret?: string
  /** Addresses, none for those of this machine. */
  relay?: string[]
  relayPrivate?: boolean
}

export interface ConfigCommand {
  name: 'config'
  /** What is to be different from now on; without it, what is set is told. */
  change?: { setting: string; values: readonly string[] | undefined }
}

/** Shells that can be taught to complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]
export interface DoctorCommand
  extends Omit<DoctorOptions & DoctorWithOptions, 'signal' | 'onEvent'> {
  name: 'doctor'
  /** Checks the way to another machine, with its code; without one (empty) one is made. */
  with?: string
  verbose?: boolean
  mode: OutputMode
}

/** What a command line asks for. `text` is an answer in itself: the help or the version. */
export type Command =
  | SendCommand
  | ReceiveCommand
  | ServeCommand
  | VerifyCommand
  | { name: 'completion'; shell: Shell }
  | ConfigCommand
  | DoctorCommand
  | { name: 'print'; text: string }
