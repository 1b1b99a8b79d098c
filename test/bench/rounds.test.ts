import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, runRounds } from './rounds.mjs'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'p2pshare-bench-rounds-'))
  await writeFile(join(directory, 'file'), 'what is sent')
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

/** A contender that leaves `saved` behind, whatever it was given. */
function saving(name: string, saved: string) {
  return {
    name,
    about: '',
    saves: true,
    run: async (_file: string, target: string) => {
      await writeFile(target, saved)
      return { bytes: saved.length, totalSeconds: 1, cpuSeconds: 1, peakBytes: {} }
    },
    close: async () => {},
  }
}

function options(rounds: number, signal = new AbortController().signal) {
  return { file: join(directory, 'file'), target: join(directory, 'saved'), rounds, signal }
}

describe('the rounds of the bench', () => {
  it('begin with another contender each time and leave none out', () => {
    expect([0, 1, 2, 3].map((round) => inTurn(['a', 'b', 'c'], round).join(''))).toEqual([
      'abc',
      'bca',
      'cab',
      'abc',
    ])
  })

  it('keep what each contender took, in the order in which they ran', async () => {
    const contenders = [saving('a', 'what is sent'), saving('b', 'what is sent')]
    const rounds = await runRounds(contenders, options(2))
    expect(rounds.map((round) => Object.keys(round))).toEqual([
      ['a', 'b'],
      ['b', 'a'],
    ])
    expect(rounds[1]?.['a']).toMatchObject({ bytes: 12, totalSeconds: 1 })
  })

  it('remove what was saved, or lay it by', async () => {
    const contenders = [
      saving('a', 'what is sent'),
      { ...saving('b', ''), run: () => Promise.reject() },
    ]
    await runRounds(contenders, options(1))
    expect(await readdir(directory)).toEqual(['file'])
    const laidBy = join(directory, 'laid-by')
    await mkdir(laidBy)
    await runRounds(contenders, { ...options(2), laidBy })
    expect(await readdir(directory)).toEqual(['file', 'laid-by'])
    expect(await readdir(laidBy)).toEqual(['0-a', '1-a'])
  })

  it('call a file of the wrong size a failure', async () => {
    const [round] = await runRounds([saving('a', 'what is')], options(1))
    expect(round?.['a']).toEqual({ error: 'Error: 7 bytes came of 12' })
  })

  it('call a file of the right size with other bytes a failure', async () => {
    const [round] = await runRounds([saving('a', 'what IS sent')], options(1))
    expect(round?.['a']).toEqual({ error: 'Error: what was saved is not what was sent' })
  })

  it('go on after a failure', async () => {
    const broken = { ...saving('a', ''), run: () => Promise.reject(new Error('no relay')) }
    const rounds = await runRounds([broken, saving('b', 'what is sent')], options(2))
    expect(rounds.map((round) => round['a'])).toEqual(Array(2).fill({ error: 'Error: no relay' }))
    expect(rounds.every((round) => 'totalSeconds' in (round['b'] ?? {}))).toBe(true)
  })

  it('end when they are interrupted', async () => {
    const stopped = new AbortController()
    const interrupted = {
      ...saving('a', ''),
      run: async () => {
        stopped.abort(new Error('interrupted'))
        throw new Error('killed')
      },
    }
    await expect(runRounds([interrupted], options(2, stopped.signal))).rejects.toThrow(
      'interrupted',
    )
  })
})
