import { describe, expect, it } from 'vitest'
import { MAX_LANES } from '../src/limits.ts'
import { send } from '../src/send.ts'

describe('send', () => {
  it.each([0, -1, 1.5, Number.NaN, MAX_LANES + 1])('refuses %d lanes', async (lanes) => {
    await expect(send('README.md', { lanes })).rejects.toMatchObject({ code: 'usage' })
  })
})
