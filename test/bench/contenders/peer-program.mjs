import { access, constants, mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Where servers live; an ordinary user's PATH often lacks them. */
const SYSTEM_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin']

/** A program to compare with is not on this machine. */
export class NotInstalled extends Error {
  /**
   * @param {string} program
   * @param {string} remedy the command that would install it
   */
  constructor(program, remedy) {
    super(`not installed: no ${program}. To install it: ${remedy}`)
  }
}

/**
 * The absolute path of a program, from `peersDirectory` or PATH.
 * @param {string} name
 * @param {string} remedy the command that would install it
 * @param {string | undefined} peersDirectory
 * @returns {Promise<string>} fails with `NotInstalled`
 */
export async function findProgram(name, remedy, peersDirectory) {
  const directories = [
    ...(peersDirectory === undefined ? [] : [join(peersDirectory, 'bin')]),
    ...(process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== ''),
    ...SYSTEM_DIRECTORIES,
  ]
  for (const directory of directories) {
    const path = join(directory, name)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  throw new NotInstalled(name, remedy)
}

/**
 * An environment without the user's settings and proxies, whose home is a new directory.
 * @param {string} directory
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function bareEnvironment(directory) {
  await mkdir(directory, { recursive: true })
  return { PATH: process.env['PATH'], HOME: directory, TMPDIR: directory, LANG: 'C.UTF-8' }
}
