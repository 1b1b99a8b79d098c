import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BuiltProgram } from './built-program.ts'

let program: BuiltProgram
beforeAll(() => {
  program = new BuiltProgram('modules')
  // Help and refusals come at once: they load neither the API nor the engine under it.
  program.removeApi()
}, 120_000)
afterAll(() => program?.remove())

describe('p2pshare', () => {
  it('says its version', async () => {
    const manifest: { version: string } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    )
    const { status, stdout, stderr } = await program.run(['--version'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`p2pshare ${manifest.version} (engine @roamhq/wrtc `)
  })

  it.each([
    ['--help'],
    ['send', '--help'],
    ['receive', '-h'],
    ['serve', '--help'],
    ['verify', '--help'],
    ['config', '--help'],
  ])('helps on standard output: %s %s', async (...argv) => {
    const { status, stdout, stderr } = await program.run(argv)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('Examples:')
  })

  it.each([
    [[], 'No command was given'],
    [['send'], 'No file was named'],
    [['verify'], 'No receipt was named'],
    [['send', 'a', '--wrods', '3'], 'Did you mean --words?'],
    [['7-guitar-velvet'], 'run: p2pshare receive 7-guitar-velvet'],
    [['receive'], 'set P2PSHARE_CODE'],
    [['receive', '7-guitar-velvet'], '--yes'],
  ])('refuses %j with status 2, on standard error', async (argv, message) => {
    const { status, stdout, stderr } = await program.run(argv)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^p2pshare: /)
    expect(stderr).toContain(message)
  })

  it('refuses in JSON where that is asked for', async () => {
    const ends = [
      await program.run(['send', '--json']),
      await program.run(['send'], { P2PSHARE_JSON: '1' }),
    ]
    for (const { status, stdout, stderr } of ends) {
      expect({ status, stderr }).toEqual({ status: 2, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject({ v: 1, event: 'error', code: 'usage', exit: 2 })
    }
  })

  it('takes the code from the environment', async () => {
    const { status, stderr } = await program.run(['receive'], { P2PSHARE_CODE: '7-guitar-velvet' })
    expect(status).toBe(2)
    expect(stderr).toContain('Add --yes')
  })

  it('does not mind a reader that leaves early', async () => {
    const child = program.start(['--help'])
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const [status] = await once(child, 'close')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
