import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

function compiler(output: string): string[] {
  const program = join(dirname(createRequire(import.meta.url).resolve('typescript')), 'tsc.js')
  const switches = ['--noCheck', '--emitDeclarationOnly', 'false', '--declaration', 'false']
  return [program, '--outDir', output, ...switches]
}

function bundler(output: string): string[] {
  const program = join(root, 'node_modules/rolldown/bin/cli.mjs')
  return [program, '--config', '.rolldown.config.mjs', '--dir', output]
}

/** What the command line loads the rest of the program by. */
const ROOTS = ['send.js', 'receive.js', 'serve.js', 'verify.js']

export interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

/**
 * The program as it is installed, built from the sources of now in a directory of its own: `whole`, or
 * with each module in a file, so that the API can be replaced.
 */
export class BuiltProgram {
  readonly #directory = mkdtempSync(join(tmpdir(), 'p2pshare-cli-'))

  constructor(kind: 'whole' | 'modules') {
    for (const part of ['bin', 'package.json']) {
      cpSync(join(root, part), join(this.#directory, part), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(this.#directory, 'node_modules'))
    const output = join(this.#directory, 'dist')
    const command = kind === 'whole' ? bundler(output) : compiler(output)
    execFileSync(process.execPath, command, { cwd: root, stdio: 'pipe' })
  }

  /** The file that Node is to run. */
  get entry(): string {
    return join(this.#directory, 'bin/p2pshare.js')
  }

  /** Puts a module of its own in the place of the API. */
  replaceApi(source: string): void {
    for (const root of ROOTS) writeFileSync(join(this.#directory, 'dist', root), source)
  }

  /** Takes away all but the command line, so that nothing else can be loaded. */
  removeApi(): void {
    for (const root of ROOTS) rmSync(join(this.#directory, 'dist', root))
  }

  /** Runs it without a terminal and without anything to read. */
  run(argv: string[], variables: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const child = this.start(argv, variables)
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status) => resolve({ status, stdout, stderr }))
    })
  }

  start(
    argv: string[],
    variables: NodeJS.ProcessEnv = {},
  ): ChildProcessByStdio<null, Readable, Readable> {
    const { PATH } = process.env
    return spawn(process.execPath, [this.entry, ...argv], {
      // No settings of whoever runs the tests.
      env: { PATH, XDG_CONFIG_HOME: this.#directory, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
