import type { Completed, CompletedCommand, CompletedFlag } from './completed-command.ts'

/**
 * What zsh has to read, or to find as `_p2pshare` in its `fpath`, to complete `commands`, and the
 * words of a code from `codeWords` (lower-case letters only).
 */
export function zshCompletion(
  commands: readonly CompletedCommand[],
  codeWords: readonly string[],
): string {
  return `#compdef p2pshare
# Completion of p2pshare for zsh.

_p2pshare_code() {
  local -a code_words
  code_words=(${codeWords.join(' ')})
  [[ $PREFIX != -* ]] || return 1
  # A word follows a hyphen, or other words of the code.
  if ! compset -P '*-'; then
    ((CURRENT > 2)) && [[ $words[CURRENT-1] != -* ]] || return 1
  fi
  [[ -n $PREFIX ]] && compadd -S '' -a code_words
}

_p2pshare() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '1:command:->command' '*::argument:->argument' \\
    '(-h --help)'{-h,--help}'[Show help]' '--version[Show version number]'
  case $state in
    command)
      local -a commands
      commands=(
${commands.map(({ name, summary }) => `        ${quoted(`${name}:${summary}`)}`).join('\n')}
      )
      _describe -t commands command commands
      ;;
    argument)
      case $words[1] in
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _p2pshare "$@"
else
  compdef _p2pshare p2pshare
fi
`
}

function commandCase({ name, flags, words }: CompletedCommand): string {
  const specs = [
    ...flags.map(flagSpec),
    ...(words === undefined ? [] : [quoted(`*:${label(words)}:${action(words)}`)]),
  ]
  return `        ${name})
          _arguments \\
${specs.map((spec) => `            ${spec}`).join(' \\\n')}
          ;;`
}

function flagSpec({ names, describe, value }: CompletedFlag): string {
  // An alias excludes its other form; flags that are given twice are harmless.
  const tail = quoted(`[${describe.replaceAll(/[[\]]/g, '\\$&')}]${valueSpec(value)}`)
  const [only] = names
  if (names.length === 1 && only !== undefined) return `'*'${only}${tail}`
  return `'(${names.join(' ')})'{${names.join(',')}}${tail}`
}

function valueSpec(value: Completed | undefined): string {
  return value === undefined ? '' : `:${label(value)}:${action(value)}`
}

function label(value: Completed): string {
  return typeof value === 'object' ? 'choice' : value
}

function action(value: Completed): string {
  if (value === 'file') return '_files'
  if (value === 'code') return '_p2pshare_code'
  return value === 'value' ? ' ' : `(${value.choices.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
