import type { TestProject } from 'vitest/node'
import { BuiltProgram } from '../cli/built-program.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The built program's file that Node is to run. */
    entry: string
  }
}

/** Builds the program once for all tests, in a directory of its own. */
export default function setup(project: TestProject): () => void {
  const program = new BuiltProgram('whole')
  project.provide('entry', program.entry)
  return () => program.remove()
}
