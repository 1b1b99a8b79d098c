import { ShareError } from '../errors.ts'
import type { ReceiveCommand } from './command.ts'
import { askCode, askToSave, canAsk } from './prompts.ts'
import { displayPath } from './summary-line.ts'
import type { CommandContext } from './terminal.ts'
import { watchTransfer } from './watch-transfer.ts'

/**
 * `p2pshare receive`: asks what it was not told, receives, and shows how it goes.
 * Throws ShareError `usage` before anything else where it would have to ask and cannot, and the
 * ShareError of `receive`.
 */
export async function runReceive(command: ReceiveCommand, context: CommandContext): Promise<void> {
  const { name: _name, mode, yes, code: givenCode, ...options } = command
  if (!canAsk(context)) refuseToAsk(command)
  const api = import('../receive.ts')
  // Loading goes on while the code is typed; a failure is met where the module is awaited.
  api.catch(() => {})
  const code = givenCode ?? (await askCode(context, async (line) => (await api).completeCode(line)))

  const { receive } = await api
  const directory = process.cwd()
  const view = { role: 'receiver', namesRendezvous: false, asks: !yes } as const
  await watchTransfer(mode, view, context, async (onEvent) => {
    const received = await receive(code, {
      ...options,
      decide: async (offer, signal) =>
        yes || askToSave(offer, displayPath(offer.target, directory), { ...context, signal }),
      signal: context.signal,
      onEvent,
    })
    return { summary: received, what: displayPath(received.saved, directory) }
  })
}

function refuseToAsk({ code, yes }: ReceiveCommand): void {
  if (code === undefined) {
    throw new ShareError('usage', 'No code was given, and there is no terminal to ask for it', {
      hint: 'Run p2pshare receive CODE, or set P2PSHARE_CODE.',
    })
  }
  if (!yes) {
    throw new ShareError('usage', 'There is no terminal to ask whether to save the file', {
      hint: 'Add --yes to save without asking.',
    })
  }
}
