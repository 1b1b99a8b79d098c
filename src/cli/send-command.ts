import { basename } from 'node:path'
import { WORDS_AT_TERMINAL, WORDS_IN_SCRIPTS } from '../limits.ts'
import type { SendCommand } from './command.ts'
import type { CommandContext } from './terminal.ts'
import { watchTransfer } from './watch-transfer.ts'

/** `p2pshare send`: sends the file and shows how it goes. Throws the ShareError of `send`. */
export async function runSend(command: SendCommand, context: CommandContext): Promise<void> {
  const { name: _name, file, mode, ...options } = command
  const words = context.stdin.isTTY ? WORDS_AT_TERMINAL : WORDS_IN_SCRIPTS
  const { send } = await import('../send.ts')
  const namesRendezvous = command.rendezvous !== undefined
  const view = { role: 'sender', namesRendezvous, asks: false } as const
  await watchTransfer(mode, view, context, async (onEvent) => {
    const { signal } = context
    const sending = await send(file, { words, ...options, signal, onEvent })
    return { summary: await sending.done, what: basename(file) }
  })
}
