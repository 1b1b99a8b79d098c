import type { Options } from 'yargs'
import { COMMAND_PAGES, type CommandPage } from '../command-pages.ts'

/** What stands in the place of a value: `choices` are the only ones; a `value` cannot be guessed. */
export type Completed = 'file' | 'code' | 'value' | { choices: readonly string[] }

export interface CompletedFlag {
  /** `--output`, and `-o` where it has a short form. */
  names: string[]
  describe: string
  /** What follows it; undefined where nothing does. */
  value: Completed | undefined
}

/** A command as shells complete it. */
export interface CompletedCommand {
  name: string
  summary: string
  flags: CompletedFlag[]
  /** What the words after its name are; undefined where there are none. */
  words: Completed | undefined
}

/** By the name of a flag, or of a word after a command. */
const VALUES: Record<string, Completed> = {
  path: 'file',
  receipt: 'file',
  directory: 'file',
  output: 'file',
  'code-file': 'file',
  code: 'code',
  to: 'code',
  with: 'code',
}

/** All commands with all flags, as their pages have them. */
export function completedCommands(): CompletedCommand[] {
  return Object.entries<CommandPage>(COMMAND_PAGES).map(([name, page]) => {
    const [word] = Object.keys(page.words)
    return {
      name,
      summary: page.summary,
      flags: [
        ...Object.entries(page.flags).map(([flag, options]) => completedFlag(flag, options)),
        { names: ['--help', '-h'], describe: 'Show help', value: undefined },
      ],
      words: word === undefined ? undefined : completedValue(word, page.choices),
    }
  })
}

function completedFlag(name: string, options: Options): CompletedFlag {
  const { alias, type, choices, describe = '' } = options
  const negated = `--no-${name}`
  const short = [alias ?? []].flat().map((each) => `-${each}`)
  return {
    // What is on by itself is only worth naming to switch it off.
    names: describe.includes(negated) ? [negated] : [`--${name}`, ...short],
    describe,
    value: type === 'boolean' ? undefined : completedValue(name, choices?.map(String)),
  }
}

function completedValue(name: string, choices: readonly string[] | undefined): Completed {
  return choices ? { choices } : (VALUES[name] ?? 'value')
}
