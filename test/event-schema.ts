import { Ajv2020 } from 'ajv/dist/2020.js'
import EVENT_SCHEMA from '../src/events.schema.json' with { type: 'json' }

export { EVENT_SCHEMA }

const ajv = new Ajv2020({
  allErrors: true,
  allowUnionTypes: true,
  formats: { 'date-time': (text: string) => new Date(text).toISOString() === text },
})
/** Closed, since a field that nobody wrote down is a mistake here, though not to a reader. */
const validate = ajv.compile(closed(EVENT_SCHEMA))

/** What is wrong with a line of `--json`, or nothing. */
export function eventFault(line: unknown): string | undefined {
  if (validate(line)) return undefined
  const { event } = Object(line)
  const faults = (validate.errors ?? []).filter(({ schemaPath, keyword }) => {
    const isOfAnother = schemaPath.startsWith('#/$defs/') && !schemaPath.includes(`/${event}/`)
    return !isOfAnother && keyword !== 'anyOf'
  })
  return `${JSON.stringify(line)} is not an event: ${ajv.errorsText(faults, { dataVar: 'it' })}`
}

/** `schema` with no room for further properties, in it or in the values of its properties. */
function closed(schema: object): object {
  const close = (node: unknown, isEvent: boolean): unknown => {
    if (Array.isArray(node)) return node.map((each) => close(each, isEvent))
    if (typeof node !== 'object' || node === null) return node
    const entries = Object.entries(node).map(([name, each]): [string, unknown] => [
      name,
      close(each, isEvent && name !== 'properties'),
    ])
    const isObject = 'properties' in node && !isEvent
    return { ...Object.fromEntries(entries), ...(isObject && { unevaluatedProperties: false }) }
  }
  return { ...Object(close(schema, true)), unevaluatedProperties: false }
}
