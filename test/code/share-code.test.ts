import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalSecret, generateSecret } from '../../src/code/secret.ts'
import { formatShareCode, parseCustomCode, parseShareCode } from '../../src/code/share-code.ts'
import { expandWord, WORDS } from '../../src/code/words.ts'
import { ShareError } from '../../src/errors.ts'

function refusal(read: () => unknown): ShareError {
  try {
    read()
  } catch (thrown) {
    if (thrown instanceof ShareError) return thrown
    throw thrown
  }
  throw new Error('was not refused')
}

const word = fc.constantFrom(...WORDS)
const words = fc.array(word, { minLength: 2, maxLength: 8 })
const nameplate = fc.stringMatching(/^[a-z0-9]{1,32}$/)
const server = fc.stringMatching(/^[a-z0-9.:/@[\]-]{1,255}$/)
const madeUpSecret = fc
  .stringMatching(/^[0-9][!#-,.-?a-z[-~]{7,60}$/)
  .map((secret) => secret.toLowerCase())
const code = fc.record(
  {
    nameplate,
    secret: fc.oneof(
      words.map((chosen) => chosen.join('-')),
      madeUpSecret,
    ),
    server,
  },
  { requiredKeys: ['nameplate', 'secret'] },
)

describe('generateSecret', () => {
  it('makes as many words of the list as asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), (count) => {
        const made = generateSecret(count).split('-')
        expect(made).toHaveLength(count)
        for (const part of made) expect(WORDS).toContain(part)
      }),
    )
  })

  it('does not repeat itself', () => {
    expect(new Set(Array.from({ length: 100 }, () => generateSecret(8))).size).toBe(100)
  })

  it.each([1, 9, 0, -2, 2.5, Number.NaN])('refuses to make %d words', (count) => {
    expect(refusal(() => generateSecret(count)).code).toBe('usage')
  })
})

describe('parseShareCode', () => {
  it('reads back what formatShareCode writes', () => {
    fc.assert(
      fc.property(code, (original) => {
        expect(parseShareCode(formatShareCode(original))).toEqual(original)
      }),
    )
  })

  it('reads any case, separator and unique prefix alike', () => {
    const separator = fc.constantFrom(
      '-',
      ' ',
      '--',
      ' - ',
      '\u2013',
      '\u2014',
      '\u00a0',
      '\t',
      '\u2011',
    )
    const variation = fc.record({ separator, upper: fc.boolean(), cut: fc.nat({ max: 8 }) })
    fc.assert(
      fc.property(
        nameplate,
        words,
        fc.array(variation, { minLength: 8, maxLength: 8 }),
        fc.constantFrom('', ' ', '\n', '\u200b', '\u2068', '-'),
        (plate, chosen, variations, around) => {
          const typed = chosen.map((full, index) => {
            const { separator: before = '-', upper, cut = 8 } = variations[index] ?? {}
            const prefix = full.slice(0, cut)
            const short = expandWord(prefix) === full ? prefix : full
            return before + (upper ? short.toUpperCase() : short)
          })
          expect(parseShareCode(`${around}${plate}${typed.join('')}${around}`)).toEqual({
            nameplate: plate,
            secret: chosen.join('-'),
          })
        },
      ),
    )
  })

  it.each([
    ['7-crossover-clockwork', 'crossover-clockwork'],
    ['7-my-own-secret-1', 'my-own-secret-1'],
    ['7 My  Own_Secret', 'my-own_secret'],
    ['7-p4ssw0rd!', 'p4ssw0rd!'],
    ['7-whispering-brook', 'whispering-brook'],
  ])('takes %j for a secret that somebody made up', (typed, secret) => {
    expect(parseShareCode(typed)).toEqual({ nameplate: '7', secret })
  })

  it('takes everything after the first @ for the server', () => {
    expect(parseShareCode('7-zebra-zoo@ wss://user@[::1]:7342 ')).toEqual({
      nameplate: '7',
      secret: 'zebra-zoo',
      server: 'wss://user@[::1]:7342',
    })
  })

  it('keeps the server as it is written', () => {
    expect(parseShareCode('7-ZEB-ZOO@Share-Example.ORG').server).toBe('Share-Example.ORG')
  })

  it.each([
    ['clcok', 'clock'],
    ['zo', 'zone'],
    ['abandn', 'abandon'],
  ])('refuses the typo %s in a code of words and suggests %s', (typo, meant) => {
    for (const typed of [`7-zebra-${typo}`, `7-${typo}-zebra`, `7 ZEB ${typo.toUpperCase()}`]) {
      const error = refusal(() => parseShareCode(typed))
      expect(error.code).toBe('usage')
      expect(error.message).toContain(`"${typo}"`)
      expect(error.hint).toContain(`"${meant}"`)
      expect(error.message + error.hint).not.toContain('zeb')
    }
  })

  it.each([
    ['one word only', '7-abstract'],
    ['one shortened word only', '7-abst'],
    ['no text', ''],
    ['blanks only', ' \u2014 '],
    ['no secret', '7'],
    ['no secret after the hyphen', '7-'],
    ['a nameplate above 32 characters', `${'7'.repeat(33)}-zebra-zoo`],
    ['a nameplate with other characters', '7_a-zebra-zoo'],
    ['a nameplate in another script', '٧-zebra-zoo'],
    ['a secret of seven characters', '7-secr3t!'],
    ['a secret outside ASCII', '7-geheimnißvoll'],
    ['a control character in the secret', '7-secret12\x1b[0m'],
    ['an empty server', '7-zebra-zoo@ '],
    ['a server with a blank', '7-zebra-zoo@share example.org'],
    ['a server with a control character', '7-zebra-zoo@share\x1b.org'],
    ['a server above 255 characters', `7-zebra-zoo@${'s'.repeat(256)}`],
    ['more than 512 characters', `7-${'secret-1'.repeat(64)}`],
  ])('refuses %s', (_what, typed) => {
    expect(refusal(() => parseShareCode(typed)).code).toBe('usage')
  })

  it('answers any text with a code that reads back alike, or with a usage error', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('7', '-', ' ', '@', 'zeb', 'act', 'cro', 'x1', 'É'))
        .map((all) => all.join('')),
    )
    fc.assert(
      fc.property(anyText, (typed) => {
        try {
          const parsed = parseShareCode(typed)
          expect(parseShareCode(formatShareCode(parsed))).toEqual(parsed)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ShareError)
          expect(thrown).toHaveProperty('code', 'usage')
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('shows nothing of a secret that somebody made up in its errors', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[q-z][0-9]{5}$/), (secret) => {
        const { message, hint } = refusal(() => parseShareCode(`7-${secret}`))
        expect(message + hint).not.toContain(secret)
      }),
    )
  })
})

describe('parseCustomCode', () => {
  it('comes to the same secret as a receiver does', () => {
    fc.assert(
      fc.property(code, ({ nameplate: plate, secret }) => {
        const typed = formatShareCode({ nameplate: plate, secret })
        expect(parseCustomCode(typed.toUpperCase())).toEqual(parseShareCode(typed))
      }),
    )
  })

  it('refuses a server and says how to name one', () => {
    expect(refusal(() => parseCustomCode('7-zebra-zoo@x')).hint).toContain('--rendezvous')
  })
})

describe('canonicalSecret', () => {
  it('is what it already was the second time', () => {
    fc.assert(
      fc.property(words, (chosen) => {
        const once = canonicalSecret(chosen.map((full) => full.slice(0, 4)))
        expect(once).toBe(chosen.join('-'))
        expect(canonicalSecret(once.split('-'))).toBe(once)
      }),
    )
  })
})
