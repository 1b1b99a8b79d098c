import { describe, expect, it } from 'vitest'
import { bashCompletion } from '../../../src/cli/completion/bash-completion.ts'
import { completedCommands } from '../../../src/cli/completion/completed-command.ts'
import { fishCompletion } from '../../../src/cli/completion/fish-completion.ts'
import { zshCompletion } from '../../../src/cli/completion/zsh-completion.ts'
import { WORDS } from '../../../src/code/words.ts'
import { bash, fish, zsh } from './completed.ts'

const commands = completedCommands()

describe.each([
  ['bash', bash, bashCompletion],
  ['zsh', zsh, zshCompletion],
  ['fish', fish, fishCompletion],
])('%s completes', (_, shell, completion) => {
  const script = completion(commands, WORDS)
  const complete = (line: string) => shell(script, line)

  it('commands', () => {
    expect(complete('p2pshare rec')).toEqual(['receive'])
    expect(complete('p2pshare se').sort()).toEqual(['send', 'serve'])
  })

  it('the flags of each command, and no others', () => {
    expect(complete('p2pshare receive --over')).toEqual(['--overwrite'])
    expect(complete('p2pshare send --over')).toEqual([])
    expect(complete('p2pshare send --no-c')).toEqual(['--no-compress'])
    expect(complete('p2pshare serve --trus')).toEqual(['--trusted-proxy'])
  })

  it('the words of a code, after what is typed of it', () => {
    expect(complete('p2pshare receive 7-velv')).toEqual(['7-velvet'])
    expect(complete('p2pshare receive 7-velvet-zo').sort()).toEqual([
      '7-velvet-zone',
      '7-velvet-zoo',
    ])
    expect(complete('p2pshare receive 7 velv')).toEqual(['velvet'])
    expect(complete('p2pshare receive --yes 7-velvet-orb')).toEqual(['7-velvet-orbit'])
  })

  it('no words before the number of the code, and not all 2048', () => {
    expect(complete('p2pshare receive velv')).toEqual([])
    expect(complete('p2pshare receive 7-')).toEqual([])
  })

  it('files where files belong', () => {
    expect(complete('p2pshare send hol').map(unescaped)).toEqual(['holiday photo.jpg'])
    expect(complete('p2pshare send --receipt not')).toEqual(['notes.txt'])
    expect(complete('p2pshare receive -o down').map(bare)).toEqual(['downloads'])
    expect(complete('p2pshare verify not')).toEqual(['notes.txt'])
  })

  it('nothing where only the user knows', () => {
    expect(complete('p2pshare send --wait not')).toEqual([])
    expect(complete('p2pshare serve not')).toEqual([])
  })

  it('what is done to settings, and their names', () => {
    expect(complete('p2pshare config un')).toEqual(['unset'])
    expect(complete('p2pshare config set rend')).toEqual(['rendezvous'])
    expect(complete('p2pshare config set turn-s')).toEqual([])
  })

  it('the shells that it knows', () => {
    expect(complete('p2pshare completion ').sort()).toEqual(['bash', 'fish', 'zsh'])
  })
})

it('all flags of all commands are completed with their short forms', () => {
  const receive = commands.find(({ name }) => name === 'receive')
  const names = receive?.flags.flatMap((flag) => flag.names)
  expect(names).toEqual(expect.arrayContaining(['--output', '-o', '--yes', '-y', '--help', '-h']))
  for (const { flags } of commands)
    for (const { describe: text } of flags) expect(text).not.toBe('')
})

const unescaped = (path: string) => path.replaceAll('\\', '')
const bare = (path: string) => path.replace(/\/$/, '')
