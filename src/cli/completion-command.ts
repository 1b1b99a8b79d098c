import type { Shell } from './command.ts'
import { completedCommands } from './completion/completed-command.ts'
import type { CommandContext } from './terminal.ts'

/** `p2pshare completion`: writes what `shell` has to read. */
export async function runCompletion(shell: Shell, { stdout }: CommandContext): Promise<void> {
  const { WORDS } = await import('../receive.ts')
  stdout.write((await scriptFor(shell))(completedCommands(), WORDS))
}

async function scriptFor(shell: Shell) {
  switch (shell) {
    case 'bash':
      return (await import('./completion/bash-completion.ts')).bashCompletion
    case 'zsh':
      return (await import('./completion/zsh-completion.ts')).zshCompletion
    case 'fish':
      return (await import('./completion/fish-completion.ts')).fishCompletion
  }
}
