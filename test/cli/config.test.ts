import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchDirectory } from '../files/scratch.ts'
import { BuiltProgram } from './built-program.ts'

let program: BuiltProgram
beforeAll(() => {
  program = new BuiltProgram('modules')
  program.removeApi()
}, 120_000)
afterAll(() => program?.remove())

/** A user of the program, with the file of settings that `entries` or text make. */
function user(content?: object | string) {
  const XDG_CONFIG_HOME = scratchDirectory()
  const path = join(XDG_CONFIG_HOME, 'p2pshare/config.json')
  if (content !== undefined) {
    mkdirSync(dirname(path))
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return {
    path,
    kept: () => JSON.parse(readFileSync(path, 'utf8')),
    run: (line: string, variables: NodeJS.ProcessEnv = {}) =>
      program.run(line.split(' '), { XDG_CONFIG_HOME, ...variables }),
  }
}

const success = { status: 0, stderr: '' }

describe('p2pshare config', () => {
  it('says where the file would be', async () => {
    const { path, run } = user()
    expect(await run('config')).toEqual({ ...success, stdout: `File: ${path}\nNothing is set.\n` })
    expect(existsSync(path)).toBe(false)
  })

  it('sets and unsets what is kept', async () => {
    const { run, kept } = user()
    for (const line of [
      'wait 5m',
      'words 4',
      'compress no',
      'yes on',
      'stun stun:a stun:b',
      'relay yes',
      'output -',
    ]) {
      expect(await run(`config set ${line}`)).toMatchObject(success)
    }
    expect(await run('config unset words')).toMatchObject(success)
    expect(kept()).toEqual({
      wait: '5m',
      compress: false,
      yes: true,
      stun: ['stun:a', 'stun:b'],
      relay: 'yes',
      output: '-',
    })
  })

  it('shows where each value comes from, and no secrets', async () => {
    const { path, run } = user({ wait: '5m', words: 3, 'ice-server': ['stun:a', 'turn:b,anna,pw'] })
    const { stdout } = await run('config', { P2PSHARE_WAIT: '9m', P2PSHARE_CODE: '7-velvet-orbit' })
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      [`File: ${path}`],
      ['code', '(secret)', 'environment'],
      ['ice-server', 'stun:a turn:b,anna,(secret)', 'file'],
      ['wait', '9m', 'environment, instead of 5m in the file'],
      ['words', '3', 'file'],
      [''],
    ])
  })

  it.each([
    ['set wiat 5m', 'Did you mean wait?'],
    ['set nothing 5m', 'It can be '],
    ['set wait soon', '"soon" is not a duration'],
    ['set wait 0', 'is not between'],
    ['set wait 5m 6m', 'wait has to be a text'],
    ['set words 40', 'A code has 2 to 8 words'],
    ['set words x', 'words has to be a number'],
    ['set port 70000', 'A port is a number'],
    ['set limit fast', '"fast" is not a rate'],
    ['set yes maybe', 'yes has to be true or false'],
    ['set rename yes', 'contradict each other'],
    ['set code 7-velvet-orbit', 'P2PSHARE_CODE in the environment'],
    ['set to 7-velvet-orbit', 'it is a secret'],
    ['set turn-secret 0123456789abcdef', 'it is a secret'],
    ['set text hello', 'it is of one transfer'],
    ['set wait', 'There is no value for wait'],
    ['set', 'No setting was named'],
    ['unset', 'No setting was named'],
    ['unset words 3', 'What is unset has no value'],
    ['unset words', 'words is not set'],
    ['unset wrods', 'Did you mean words?'],
    ['unset constructor', '"constructor" is not a setting'],
    ['wait', '"wait" is neither set nor unset'],
  ])('refuses %s with status 2 and changes nothing', async (words, message) => {
    const before = { overwrite: true, wait: '5m' }
    const { run, kept } = user(before)
    const { status, stdout, stderr } = await run(`config ${words}`)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(kept()).toEqual(before)
  })

  it('keeps what it cannot read, and mends what it can', async () => {
    const broken = user('{"wait":')
    expect(await broken.run('config set wait 5m')).toMatchObject({ status: 2 })
    expect(readFileSync(broken.path, 'utf8')).toBe('{"wait":')

    const mended = user({ wiat: '5m', wait: 'soon' })
    expect(await mended.run('config set words 3')).toMatchObject(success)
    expect(await mended.run('config set wait 6m')).toMatchObject(success)
    expect(await mended.run('config unset wiat')).toMatchObject(success)
    expect(mended.kept()).toEqual({ words: 3, wait: '6m' })
  })

  it('does without a file where there is no home', async () => {
    // Somebody whom the list of users does not know.
    const unknown = (...words: string[]) =>
      spawnSync(
        'unshare',
        ['--user', '--map-user=54321', process.execPath, program.entry, ...words],
        { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
      )
    expect(unknown('config')).toMatchObject({
      ...success,
      stdout: expect.stringMatching(/^File: none/),
    })
    expect(unknown('config', 'set', 'wait', '5m')).toMatchObject({ status: 2 })
    expect(unknown('send', '--help')).toMatchObject(success)
  })
})

describe('the file of settings', () => {
  it('counts where neither a flag nor the environment says otherwise', async () => {
    const { run } = user({ wait: 'soon', port: 7 })
    const refused = await run('receive 7-velvet-orbit')
    expect(refused.status).toBe(2)
    expect(refused.stderr).toContain('"soon" is not a duration')
    const flag = await run('receive 7-velvet-orbit --wait 5m')
    const variable = await run('receive 7-velvet-orbit', { P2PSHARE_WAIT: '5m' })
    for (const { stderr } of [flag, variable]) expect(stderr).toContain('Add --yes')
  })

  it.each([
    ['{"wait":', 'cannot be read'],
    ['[]', 'it is not a JSON object'],
    ['{"wiat":"5m"}', 'Did you mean wait?'],
    ['{"wait":"soon"}', 'p2pshare config unset wait'],
    ['{"wait":5}', 'p2pshare config unset wait'],
    ['{"rename":true,"skip":true}', 'p2pshare config unset skip'],
  ])('stops a command where it is %s, but not those that need none', async (text, message) => {
    const { path, run } = user(text)
    const { status, stdout, stderr } = await run('receive 7-velvet-orbit')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(path)
    expect(stderr).toContain(message)
    for (const line of ['--help', '--version', 'receive --help']) {
      expect(await run(line)).toMatchObject(success)
    }
    const shown = await run('config')
    expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining(path) })
    expect(shown.stderr).toContain(message)
  })

  it('is not blamed for what is wrong without it', async () => {
    const { path, run } = user({ wait: 'soon' })
    const { stderr } = await run('send')
    expect(stderr).toContain('No file was named')
    expect(stderr).not.toContain(path)
  })

  it('has what is refused told as it says', async () => {
    const { run } = user({ json: true })
    const { status, stdout, stderr } = await run('send')
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ event: 'error', code: 'usage' })
  })
})
