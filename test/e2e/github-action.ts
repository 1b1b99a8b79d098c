import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

interface Step {
  name: string
  if?: string
  shell: 'bash'
  env: Record<string, string>
  run: string
}

interface Action {
  inputs: Record<string, { default: string }>
  runs: { using: 'composite'; steps: Step[] }
}

const ACTION: Action = parse(
  readFileSync(new URL('../../.github/actions/p2pshare/action.yml', import.meta.url), 'utf8'),
)

/** A step of the action as a runner starts it. */
export interface ActionStep {
  name: string
  /** The command of `shell: bash`, with the script. */
  command: readonly [string, ...string[]]
  env: Record<string, string>
}

/**
 * The steps of the action that a job runs that gives it the inputs `given`, in an environment `env`.
 * Of GitHub's expressions only those are known that the action has.
 */
export function actionSteps(
  given: Record<string, string>,
  env: Record<string, string>,
  actionPath = '',
): ActionStep[] {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(ACTION.inputs, name)) throw new Error(`the action has no input ${name}`)
  }
  const inputs = Object.entries(ACTION.inputs).map(([name, input]) => [name, input.default])
  const lookUp = valuesOf({ ...Object.fromEntries(inputs), ...given }, env, actionPath)
  return ACTION.runs.steps
    .filter(({ if: condition }) => condition === undefined || isTrue(condition, lookUp))
    .map((step) => ({
      name: step.name,
      command: ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', step.run],
      env: Object.fromEntries(
        Object.entries(step.env).map(([name, text]) => [name, evaluated(text, lookUp)]),
      ),
    }))
}

type LookUp = (reference: string) => string

function valuesOf(
  inputs: Record<string, string>,
  env: Record<string, string>,
  actionPath: string,
): LookUp {
  return (reference) => {
    const [, scope, name = ''] = /^(inputs|env|github)\.([\w-]+)$/.exec(reference) ?? []
    if (scope === 'inputs' && Object.hasOwn(inputs, name)) return inputs[name] ?? ''
    if (scope === 'env') return env[name] ?? ''
    if (reference === 'github.action_path') return actionPath
    throw new Error(`nothing is known of ${reference}`)
  }
}

function isTrue(condition: string, lookUp: LookUp): boolean {
  const [, reference] = /^(\S+) != ''$/.exec(condition) ?? []
  if (reference === undefined) throw new Error(`nothing is known of ${condition}`)
  return lookUp(reference) !== ''
}

/** `text` with the value of its expression: the first of several that is not empty. */
function evaluated(text: string, lookUp: LookUp): string {
  return text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => {
    const values = expression.split('||').map((reference) => lookUp(reference.trim()))
    return values.find((value) => value !== '') ?? ''
  })
}
