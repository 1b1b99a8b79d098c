import { describe, expect, it } from 'vitest'
import { nearestWords } from '../../src/code/nearest-words.ts'
import { expandWord, WORDS, wordsWithPrefix } from '../../src/code/words.ts'

describe('the word list', () => {
  it('has 2048 different words of three to eight lower-case letters', () => {
    expect(new Set(WORDS).size).toBe(2048)
    expect(WORDS.filter((word) => !/^[a-z]{3,8}$/.test(word))).toEqual([])
  })

  it('knows every word by its first four letters', () => {
    for (const word of WORDS) expect(expandWord(word.slice(0, 4))).toBe(word)
  })

  it('prefers a whole word to the longer ones that begin with it', () => {
    expect(wordsWithPrefix('act')).toEqual(['act', 'action', 'actor', 'actress', 'actual'])
    expect(expandWord('act')).toBe('act')
  })

  it.each(['', 'a', 'cro', 'zzz', 'zebras'])('does not guess what %j stands for', (text) => {
    expect(expandWord(text)).toBeUndefined()
  })
})

describe('nearestWords', () => {
  it.each([
    ['clcok', 'clock'],
    ['zebara', 'zebra'],
    ['abandn', 'abandon'],
    ['wispher', 'whisper'],
    ['zbera', 'zebra'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearestWords(typed)[0]).toBe(meant)
  })

  it('continues what is still ambiguous', () => {
    expect(nearestWords('zo')).toEqual(['zone', 'zoo'])
    expect(nearestWords('a')).toHaveLength(3)
  })

  it('suggests nothing for what resembles no word', () => {
    expect(nearestWords('xqxqxqxq')).toEqual([])
    expect(nearestWords('x'.repeat(500))).toEqual([])
  })
})
