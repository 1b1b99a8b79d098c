import type { Completed, CompletedCommand } from './completed-command.ts'

/**
 * What bash 3.2 and later has to read to complete `commands`, and the words of a code from
 * `codeWords` (lower-case letters only).
 */
export function bashCompletion(
  commands: readonly CompletedCommand[],
  codeWords: readonly string[],
): string {
  return `# Completion of p2pshare for bash.
_p2pshare_words='${codeWords.join(' ')}'

_p2pshare_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$1"))
  compopt -o filenames 2>/dev/null
}

# $1: what is typed of the code; $2: the word before it, if that belongs to the code.
_p2pshare_code() {
  local head='' part=''
  case $1 in
    *-*) head=\${1%-*}- part=\${1##*-} ;;
    *) [[ -n $2 ]] && part=$1 ;;
  esac
  [[ -n $part ]] || return
  COMPREPLY=($(compgen -P "$head" -W "$_p2pshare_words" -- "$part"))
  compopt -o nospace 2>/dev/null
}

_p2pshare() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=\${COMP_WORDS[1]} before=''
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${names(commands).join(' ')} --help --version' -- "$current"))
    return
  fi
  ((COMP_CWORD > 2)) && [[ $previous != -* ]] && before=$previous
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

complete -F _p2pshare p2pshare
`
}

function names(commands: readonly CompletedCommand[]): string[] {
  return commands.map(({ name }) => name)
}

function commandCase({ name, flags, words }: CompletedCommand): string {
  const all = flags.flatMap((flag) => flag.names)
  const valued = flags.flatMap(({ names, value }) =>
    value === undefined
      ? []
      : [`        ${names.join(' | ')}) ${completing(value, "''")}; return ;;`],
  )
  const previous =
    valued.length === 0 ? '' : `      case $previous in\n${valued.join('\n')}\n      esac\n`
  const rest = words === undefined ? ':' : completing(words, '"$before"')
  return `    ${name})
${previous}      if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W '${all.join(' ')}' -- "$current"))
      else
        ${rest}
      fi
      ;;`
}

function completing(value: Completed, before: string): string {
  if (value === 'file') return '_p2pshare_files "$current"'
  if (value === 'code') return `_p2pshare_code "$current" ${before}`
  if (value === 'value') return ':'
  return `COMPREPLY=($(compgen -W '${value.choices.join(' ')}' -- "$current"))`
}
