import { writeRandomFile, writeSmallFiles, writeTextFile } from './test-files.mjs'

const MIB = 1024 * 1024

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {number} bytes
 * @property {number} rounds
 * @property {boolean} [isTree] whether it is a directory
 * @property {boolean} small whether the start matters, not the rate
 * @property {(path: string, bytes: number) => Promise<void>} write makes it
 */

/**
 * The cases that the options ask for.
 * @param {import('./bench-options.mjs').BenchOptions} options
 * @returns {Case[]}
 */
export function chosenCases({ mib, rounds, smallRounds, cases }) {
  const large = { bytes: mib * MIB, rounds, small: false }
  const small = { bytes: 1024, rounds: smallRounds, small: true }
  const all = [
    { ...large, name: 'random', title: `${mib} MiB random`, write: writeRandomFile },
    { ...large, name: 'text', title: `${mib} MiB text`, write: writeTextFile },
    {
      name: 'small-files',
      title: '10,000 files of 4 KiB',
      bytes: 10_000 * 4096,
      rounds,
      isTree: true,
      small: true,
      write: writeSmallFiles,
    },
    { ...small, name: 'small', title: '1 KiB', write: writeRandomFile },
  ]
  return all.filter(({ name }) => cases.includes(name))
}
