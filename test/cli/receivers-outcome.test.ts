import { describe, expect, it } from 'vitest'
import { receiversFailure, receiversLine } from '../../src/cli/receivers-outcome.ts'
import { type ErrorCode, ShareError } from '../../src/errors.ts'
import type { ReceiversSummary } from '../../src/events.ts'

/** What came of `receivers`: so many completed, and one for each of `codes` failed. */
function summary(
  receivers: number | null,
  completed: number,
  codes: ErrorCode[] = [],
  wrongCodes = 0,
): ReceiversSummary {
  const failed = codes.length
  const results = codes.map((code, index) => {
    const { message, hint, exit } = new ShareError(code, `It is ${code}`)
    return { receiver: index + 1, exit, error: { code, message, hint, exit } }
  })
  const missing = receivers === null ? 0 : receivers - completed - failed
  return { receivers, completed, failed, missing, wrongCodes, results }
}

describe('the exit status with several receivers', () => {
  it.each([
    ['all have everything', summary(3, 3), undefined],
    ['all have, after a wrong code', summary(3, 3, [], 1), undefined],
    ['one failed', summary(3, 2, ['interrupted']), 11],
    ['one did not come', summary(3, 2), 11],
    ['the only ones that came failed', summary(3, 0, ['declined', 'interrupted']), 9],
    ['nobody came', summary(3, 0), 4],
    ['only somebody with a wrong code came', summary(3, 0, [], 1), 3],
    ['nobody came, and nobody had to', summary(null, 0), undefined],
    ['all that came have everything', summary(null, 7), undefined],
    ['one of those that came failed', summary(null, 6, ['interrupted']), 11],
    ['the only one that came failed', summary(null, 0, ['no-path']), 5],
  ])('%s', (_title, what, exit) => {
    expect(receiversFailure(what, undefined)?.exit).toBe(exit)
  })

  it('is that of Ctrl-C only where it broke a transfer off', () => {
    const stopped = new ShareError('stopped-sigint', 'Stopped')
    expect(receiversFailure(summary(null, 2), stopped)).toBeUndefined()
    expect(receiversFailure(summary(null, 2, ['stopped-sigint']), stopped)).toBe(stopped)
    expect(receiversFailure(summary(null, 2, ['interrupted']), stopped)?.exit).toBe(11)
  })
})

it.each([
  [summary(3, 3), '3 of 3 receivers have everything'],
  [summary(1, 1), '1 of 1 receiver has everything'],
  [
    summary(5, 3, ['interrupted'], 1),
    '3 of 5 receivers have everything, 1 failed, 1 did not come, 1 wrong code',
  ],
  [summary(null, 0), '0 receivers have everything'],
  [summary(null, 1), '1 receiver has everything'],
])('says in a line how it went', (what, line) => {
  expect(receiversLine(what)).toBe(line)
})
