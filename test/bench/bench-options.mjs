import { parseArgs } from 'node:util'

const CASES = ['random', 'text', 'small', 'small-files']

const USAGE = `npm run bench -- [--mib 1024] [--rounds 5] [--small-rounds 10]
    [--case random|text|small|small-files]... [--no-peers] [--install-peers DIR] [--json FILE]`

/**
 * @typedef {object} BenchOptions
 * @property {number} mib size of the large files
 * @property {number} rounds
 * @property {number} smallRounds
 * @property {string[]} cases of `random`, `text`, `small` and `small-files`
 * @property {boolean} peers whether other programs are run too
 * @property {string | undefined} installPeers a directory
 * @property {string | undefined} json a file
 */

/**
 * @param {string[]} argv
 * @returns {BenchOptions} ends the process with status 2 and the usage if something is wrong
 */
export function readOptions(argv) {
  try {
    return parse(argv)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`)
    process.exit(2)
  }
}

/** @param {string[]} argv */
function parse(argv) {
  const { values } = parseArgs({
    args: argv,
    allowNegative: true,
    options: {
      mib: { type: 'string', default: '1024' },
      rounds: { type: 'string', default: '5' },
      'small-rounds': { type: 'string', default: '10' },
      case: { type: 'string', multiple: true, default: CASES },
      peers: { type: 'boolean', default: true },
      'install-peers': { type: 'string' },
      json: { type: 'string' },
    },
  })
  const unknown = values.case.find((name) => !CASES.includes(name))
  if (unknown !== undefined) throw new Error(`There is no case '${unknown}'`)
  return {
    mib: count('--mib', values.mib),
    rounds: count('--rounds', values.rounds),
    smallRounds: count('--small-rounds', values['small-rounds']),
    cases: values.case,
    peers: values.peers,
    installPeers: values['install-peers'],
    json: values.json,
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function count(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${name} must be a whole number above 0`)
  return Number(text)
}
