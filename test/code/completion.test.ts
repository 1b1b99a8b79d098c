import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { completeCode } from '../../src/code/completion.ts'

describe('completeCode', () => {
  it.each([
    ['7-clou', ['cloud'], 'clou'],
    ['7 clou', ['cloud'], 'clou'],
    ['7-zebra-zo', ['zone', 'zoo'], 'zo'],
    ['7-ZEBRA-ZO', ['zone', 'zoo'], 'ZO'],
    ['7-act', ['act', 'action', 'actor', 'actress', 'actual'], 'act'],
    ['7-xy', [], 'xy'],
    ['7-zebra-', [], ''],
    ['7-', [], ''],
    ['clou', [], 'clou'],
    ['-clou', [], 'clou'],
    ['', [], ''],
    ['7-x1clou', [], 'clou'],
    ['7-zebra-zoo@clou', [], 'clou'],
  ])('completes %j', (line, candidates, fragment) => {
    expect(completeCode(line)).toEqual([candidates, fragment])
  })

  it('works as the completer of a readline prompt', async () => {
    const input = new PassThrough()
    const prompt = createInterface({
      input,
      output: new PassThrough(),
      terminal: true,
      completer: completeCode,
    })
    onTestFinished(() => prompt.close())
    const answer = new Promise<string>((resolve) => prompt.question('', resolve))
    for (const key of ['7-CLOU', '\t', '-zeb', '\t', '\r']) {
      input.write(key)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await answer).toLowerCase()).toBe('7-cloud-zebra')
  })
})
