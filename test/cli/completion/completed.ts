import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { scratchDirectory } from '../../files/scratch.ts'

/**
 * A shell that has read `script` completes `line`, of which everything after the last blank is
 * being typed.
 */
export type CompletingShell = (script: string, line: string) => string[]

/** Where zsh remembers which functions there are, which takes it seconds to find out. */
const COMPLETIONS_DUMP = join(mkdtempSync(join(tmpdir(), 'p2pshare-test-')), 'zcompdump')
process.on('exit', () => rmSync(dirname(COMPLETIONS_DUMP), { recursive: true }))

/** A directory with a few files to complete. */
function directoryWithFiles(): string {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'holiday photo.jpg'), '')
  writeFileSync(join(directory, 'notes.txt'), '')
  mkdirSync(join(directory, 'downloads'))
  return directory
}

/** Bash with `script` read; what its function leaves in COMPREPLY. */
export const bash: CompletingShell = (script, line) => {
  const directory = directoryWithFiles()
  const words = line.split(' ')
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const program = `
      compopt() { :; }
      ${script}
      COMP_WORDS=(${quoted}) COMP_CWORD=${words.length - 1}
      _p2pshare
      printf '%s\\n' "\${COMPREPLY[@]}"`
  return lines(execFileSync('bash', ['-c', program], { cwd: directory, encoding: 'utf8' }))
}

/** Fish with `script` read. */
export const fish: CompletingShell = (script, line) => {
  const directory = directoryWithFiles()
  const program = `${script}\ncomplete -C '${line}'`
  const output = execFileSync('fish', ['--no-config', '-c', program], {
    cwd: directory,
    encoding: 'utf8',
  })
  return lines(output).map((each) => each.split('\t')[0] ?? '')
}

/** An interactive zsh in a pseudo-terminal with `script` read; what it lists on Tab. */
export const zsh: CompletingShell = (script, line) => {
  const directory = directoryWithFiles()
  const file = join(scratchDirectory(), '_p2pshare')
  writeFileSync(file, script)
  // What is added is printed instead, which is the way that zsh's own tests see it.
  const program = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1=; unset zle_bracketed_paste; cd '${directory}'; autoload -U compinit; compinit -C -d '${COMPLETIONS_DUMP}'"
    zpty -w shell "source '${file}'"
    zpty -w shell 'compadd () {
      if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
      local -a hits
      builtin compadd -O hits "$@"
      local hit
      for hit in $hits; do print -r -- "<\${IPREFIX}\${hit}>"; done
    }'
    zpty -w shell 'finish () { print -r -- "<end>"; exit }; zle -N finish; bindkey "^Y" finish; bindkey "^I" complete-word'
    zpty -w shell 'print -r -- "<ready>"'
    zpty -r -m shell all '*<ready>*<ready>*'
    zpty -w -n shell "$1"$'\\t'
    sleep 0.3
    zpty -w -n shell $'\\x19'
    zpty -r -m shell output '*<end>*'
    print -r -- "$output"`
  const { stdout } = spawnSync('zsh', ['-f', '-c', program, 'zsh', line], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  const found = [...stdout.matchAll(/<([^<>\r\n]+)>/g)].map(([, hit = '']) => hit)
  return [...new Set(found)].filter((hit) => hit !== 'end' && hit !== 'ready')
}

function lines(output: string): string[] {
  return output.split('\n').filter(Boolean)
}
