import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeProcess, isAlive, readOwner, writeOwner } from '../../src/files/owner.ts'
import { scratchDirectory } from './scratch.ts'

const hasProc = existsSync('/proc/self/stat')

async function runningProcess(): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  return { child, pid: child.pid ?? expect.fail('has no pid') }
}

describe('isAlive', () => {
  it('knows this process', async () => {
    expect(await isAlive(await describeProcess(process.pid))).toBe(true)
  })

  it('knows that another process lives, and that it was killed', async () => {
    const { child, pid } = await runningProcess()
    const owner = await describeProcess(pid)
    expect(await isAlive(owner)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await isAlive(owner)).toBe(false)
  })

  it.runIf(hasProc)('is not deceived by a pid that came around again', async () => {
    const owner = await describeProcess(process.pid)
    expect(owner.started).toMatch(/^\d+$/)
    expect(await isAlive({ ...owner, started: '1' })).toBe(false)
  })

  it('takes a process for alive where its start is unknown', async () => {
    expect(await isAlive({ pid: process.pid, started: null })).toBe(true)
  })

  it.runIf(hasProc)('takes a killed process for dead that nobody has waited for', async () => {
    const script = 'sleep 0 & echo $!; exec sleep 60'
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(String(line))
    const owner = await describeProcess(pid)
    await expect.poll(() => isAlive(owner)).toBe(false)
    expect(() => process.kill(pid, 0)).not.toThrow()
  })
})

describe('the file of an owner', () => {
  it('is read back', async () => {
    const path = join(scratchDirectory(), 'owner')
    const owner = await describeProcess(process.pid)
    await writeOwner(path, owner, 'wx')
    expect(await readOwner(path)).toEqual(owner)
    await writeOwner(path, null, 'w')
    expect(await readOwner(path)).toBeNull()
  })

  it.each([
    '',
    '{',
    '{}',
    '{"pid":0,"started":null}',
    '{"pid":"1","started":null}',
    '7',
    'x'.repeat(1000),
  ])('names nobody when it contains %j', async (contents) => {
    const path = join(scratchDirectory(), 'owner')
    writeFileSync(path, contents)
    expect(await readOwner(path)).toBeUndefined()
  })

  it('names nobody when it is missing, a link or a device', async () => {
    const directory = scratchDirectory()
    writeFileSync(join(directory, 'real'), 'null')
    symlinkSync('real', join(directory, 'link'))
    expect(await readOwner(join(directory, 'missing'))).toBeUndefined()
    expect(await readOwner(join(directory, 'link'))).toBeUndefined()
    expect(await readOwner('/dev/zero')).toBeUndefined()
  })
})
