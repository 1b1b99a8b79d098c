import type { Completed, CompletedCommand, CompletedFlag } from './completed-command.ts'

/**
 * What fish has to read to complete `commands`, and the words of a code from `codeWords`
 * (lower-case letters only).
 */
export function fishCompletion(
  commands: readonly CompletedCommand[],
  codeWords: readonly string[],
): string {
  return `# Completion of p2pshare for fish.
set -g __p2pshare_words ${codeWords.join(' ')}

function __p2pshare_code
    set -l token (commandline -ct)
    set -l head (string replace -r '[^-]*$' '' -- $token)
    set -l part (string replace -r '.*-' '' -- $token)
    test -n "$part"; and not string match -q -- '-*' $token; or return
    # Without a hyphen before it a word follows other words of the code.
    set -l before (commandline -opc)
    if test -z "$head"; and begin; test (count $before) -lt 3; or string match -q -- '-*' $before[-1]; end
        return
    end
    for word in (string match -r -- "^$part.*" $__p2pshare_words)
        echo $head$word
    end
end

complete -c p2pshare -f
complete -c p2pshare -n __fish_use_subcommand -l help -s h -d 'Show help'
complete -c p2pshare -n __fish_use_subcommand -l version -d 'Show version number'
${commands.map(commandLines).join('\n')}
`
}

function commandLines({ name, summary, flags, words }: CompletedCommand): string {
  const condition = quoted(`__fish_seen_subcommand_from ${name}`)
  const lines = [
    `complete -c p2pshare -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...flags.map((flag) => `complete -c p2pshare -n ${condition} ${flagOptions(flag)}`),
  ]
  const rest = words === undefined ? '' : completing(words)
  if (rest !== '') lines.push(`complete -c p2pshare -n ${condition} ${rest}`)
  return lines.join('\n')
}

function flagOptions({ names, describe, value }: CompletedFlag): string {
  const options = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  )
  if (value !== undefined) options.push(value === 'file' ? '-r' : '-x', completing(value))
  return [...options, '-d', quoted(describe)].filter(Boolean).join(' ')
}

function completing(value: Completed): string {
  if (value === 'file') return '-F'
  if (value === 'code') return "-a '(__p2pshare_code)'"
  return value === 'value' ? '' : `-a ${quoted(value.choices.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
