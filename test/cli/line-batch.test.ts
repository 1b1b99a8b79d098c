import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { LineBatch } from '../../src/cli/line-batch.ts'
import { MAX_LINE_BATCH_CHARACTERS } from '../../src/limits.ts'
import { FakeOutput } from './fake-streams.ts'

describe('LineBatch', () => {
  it('writes the lines of a turn together once it is over, in their order', async () => {
    const output = new FakeOutput()
    const batch = new LineBatch(output)
    batch.add('a\n')
    await Promise.resolve()
    batch.add('b\n')
    expect(output.writes).toEqual([])
    await turn()
    batch.add('c\n')
    await turn()
    expect(output.writes).toEqual(['a\nb\n', 'c\n'])
  })

  it('writes what there is when it is told to, and nothing twice', async () => {
    const output = new FakeOutput()
    const batch = new LineBatch(output)
    batch.add('a\n')
    batch.flush()
    expect(output.writes).toEqual(['a\n'])
    batch.flush()
    batch.add('b\n')
    await turn()
    expect(output.writes).toEqual(['a\n', 'b\n'])
  })

  it('does not let a long turn pile up lines', async () => {
    const output = new FakeOutput()
    const batch = new LineBatch(output)
    const line = `${'x'.repeat(MAX_LINE_BATCH_CHARACTERS / 4)}\n`
    for (let count = 0; count < 5; count += 1) batch.add(line)
    expect(output.writes).toEqual([line.repeat(4)])
    await turn()
    expect(output.writes).toEqual([line.repeat(4), line])
  })
})
