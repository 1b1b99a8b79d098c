import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plant } from '../files/tree.ts'
import { start } from './program.ts'
import { expectStatuses, parcelOf, startSender, startServer, startTransfer } from './transfer.ts'

const TREE = {
  '.git/config': 'x',
  '.gitignore': 'build/\n*.tmp\n',
  'build/out': 'x',
  'src/a.js': 'x',
  'src/a.log': 'x',
  'src/a.tmp': 'x',
}

/** The paths of everything below `root`, directories too. */
function paths(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()
}

describe('what is left out', () => {
  it.each([
    [
      'nothing',
      [],
      [
        '.git',
        '.git/config',
        '.gitignore',
        'build',
        'build/out',
        'src',
        'src/a.js',
        'src/a.log',
        'src/a.tmp',
      ],
    ],
    [
      'what --exclude says',
      ['--exclude', '*.log', '--exclude', '/build', '--exclude', '.git'],
      ['.gitignore', 'src', 'src/a.js', 'src/a.tmp'],
    ],
    ['what git ignores', ['--gitignore'], ['.gitignore', 'src', 'src/a.js', 'src/a.log']],
  ])('%s', async (_title, sendFlags, expected) => {
    const what = parcelOf((path) => plant(path, TREE))
    const transfer = await startTransfer(what, { ...(await startServer()), sendFlags })
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(paths(what.saved)).toEqual(expected)
  })

  it('a pipe has to be, before anybody comes', async () => {
    const what = parcelOf((path) => {
      plant(path, { file: 'x' })
      execFileSync('mkfifo', [join(path, 'fifo')])
    })
    const { server } = await startServer()
    const sender = start(['send', what.file, '--json', '--rendezvous', server])
    expect(await sender.exit, sender.describe()).toMatchObject({ status: 8 })
    expect(sender.events.at(-1)).toMatchObject({
      code: 'not-a-file',
      hint: 'Leave it out with --exclude.',
    })
    const options = { server, sendFlags: ['--exclude', 'fifo'] }
    await expectStatuses(await startTransfer(what, options), { sender: 0, receiver: 0 })
    expect(paths(what.saved)).toEqual(['file'])
  })
})

describe('symbolic links', () => {
  function linked() {
    return parcelOf((path) => {
      plant(path, { 'real/file': 'contents' })
      symlinkSync('real', join(path, 'link'))
      symlinkSync('/etc/passwd', join(path, 'outside'))
    })
  }

  it('are left out with a warning each', async () => {
    const what = linked()
    const transfer = await startTransfer(what, await startServer())
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(paths(what.saved)).toEqual(['real', 'real/file'])
    const warnings = transfer.sender.eventsOf('warning').map(({ message }) => message)
    expect(warnings.join('\n')).toMatch(/parcel\/link.* symbolic link/)
    expect(warnings.join('\n')).toMatch(/parcel\/outside.* symbolic link/)
  })

  it('are left out with a warning a person can read', async () => {
    const what = linked()
    const { server } = await startServer()
    const sender = start(['send', what.file, '--rendezvous', server])
    await sender.text('Waiting', 'stderr')
    const [code = ''] = /\d+(-[a-z]+){4}@\S+/.exec(sender.stderr) ?? []
    const receiver = start(['receive', code, '--yes', '-o', what.output])
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(sender.stderr).toMatch(/^Warning: .*parcel\/link.*symbolic link.*\.$/m)
  })

  it('are followed with --follow where they do not lead out', async () => {
    const what = linked()
    const options = { ...(await startServer()), sendFlags: ['--follow'] }
    const transfer = await startTransfer(what, options)
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(paths(what.saved)).toEqual(['link', 'link/file', 'real', 'real/file'])
    expect(readFileSync(join(what.saved, 'link/file'), 'utf8')).toBe('contents')
    expect(transfer.sender.eventsOf('warning')).toHaveLength(1)
  })

  it('are followed where they are named themselves', async () => {
    const what = linked()
    const { server } = await startServer()
    const { sender, code } = await startSender(join(what.file, 'link'), { server })
    const receiver = start(['receive', code, '--yes', '-o', what.output, '--rendezvous', server])
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(paths(what.output)).toEqual(['link', 'link/file'])
  })
})
