/**
 * `npm run fuzz`: whole transfers in memory in which one side lies in every way that there is, and
 * the other has to bear it.
 *
 *     npm run fuzz -- [--seconds 60] [--seed N]
 *
 * What it finds it tells with the seed and in a form as short as it can be made.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
})
for (const [name, value] of Object.entries(values)) {
  if (!/^-?\d+$/.test(value)) {
    console.error(`--${name} takes a number, not ${value}`)
    process.exit(2)
  }
}
process.env['P2PSHARE_FUZZ_SECONDS'] = values.seconds
if (values.seed !== undefined) process.env['P2PSHARE_FUZZ_SEED'] = values.seed

const config = fileURLToPath(new URL('../vitest.config.ts', import.meta.url))
const vitest = await startVitest('test', ['test/fuzz/fuzz.test.ts'], { config, run: true })
await vitest.close()
