import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { EVENT_SCHEMA, eventFault } from './event-schema.ts'
import { blocks } from './package/readme.ts'

type Schema = Record<string, unknown>

/** What of a schema says which shape a value has; the rest says more than a type can. */
const SHAPE = ['type', 'const', 'enum', 'items', 'properties', 'required']

/** What `EventLine` of src/events.ts allows, a schema for each member of the union. */
function schemasOfTypes(): Schema[] {
  const file = fileURLToPath(new URL('../src/events.ts', import.meta.url))
  const options = { strict: true, exactOptionalPropertyTypes: true, noEmit: true }
  const program = ts.createProgram([file], { ...options, allowImportingTsExtensions: true })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  const line = module && checker.getExportsOfModule(module).find(({ name }) => name === 'EventLine')
  if (source === undefined || line === undefined) throw new Error('there is no EventLine')

  const schemaOf = (type: ts.Type): Schema => {
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
    if (type.flags & ts.TypeFlags.Boolean) return { type: 'boolean' }
    if (type.flags & ts.TypeFlags.String) return { type: 'string' }
    if (type.flags & ts.TypeFlags.Number) return { type: 'number' }
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' }
    if (type.isUnion()) return unionOf(type.types.map(schemaOf))
    const [item] = checker.isArrayType(type)
      ? checker.getTypeArguments(type as ts.TypeReference)
      : []
    if (item) return { type: 'array', items: schemaOf(item) }
    const members = type.getProperties().map((property) => ({
      name: property.name,
      isOptional: (property.flags & ts.SymbolFlags.Optional) !== 0,
      schema: schemaOf(checker.getTypeOfSymbolAtLocation(property, source)),
    }))
    const required = members.filter(({ isOptional }) => !isOptional).map(({ name }) => name)
    const properties = Object.fromEntries(members.map(({ name, schema }) => [name, schema]))
    return { type: 'object', required: required.sort(), properties }
  }
  const type = checker.getDeclaredTypeOfSymbol(line)
  return (type.isUnion() ? type.types : [type]).map(schemaOf)
}

function unionOf(schemas: Schema[]): Schema {
  const values = schemas.flatMap((schema) => ('const' in schema ? [schema['const']] : []))
  if (values.length === schemas.length) return { enum: values.sort() }
  return { type: schemas.map(({ type }) => type).sort() }
}

/** The shapes that the schema allows, by the same words. */
function schemasOfSchema(): Schema[] {
  const { anyOf, required, properties } = EVENT_SCHEMA
  return anyOf.map((event) => {
    const own = shapeOf(event)
    const ownProperties = Object(own['properties'])
    return {
      type: 'object',
      required: [...new Set([...required, ...Object(own['required'])])].sort(),
      properties: { ...shapesOf(properties), ...ownProperties },
    }
  })
}

function shapeOf(schema: Schema): Schema {
  const { $ref, ...own } = schema
  const definitions: Record<string, Schema> = EVENT_SCHEMA.$defs
  const referred = typeof $ref === 'string' ? shapeOf(definitions[$ref.slice(8)] ?? {}) : {}
  const shape = SHAPE.filter((word) => word in own).map((word): [string, unknown] => {
    const value = own[word]
    if (word === 'properties') return [word, shapesOf(Object(value))]
    if (word === 'items') return [word, shapeOf(Object(value))]
    const isSet = Array.isArray(value) && word !== 'const'
    return [word, isSet ? value.toSorted() : value]
  })
  return { ...referred, ...Object.fromEntries(shape) }
}

function shapesOf(properties: Record<string, Schema>): Record<string, Schema> {
  const entries = Object.entries(properties)
  return Object.fromEntries(entries.map(([name, schema]) => [name, shapeOf(schema)]))
}

it('the schema of the events allows what their types allow', () => {
  const byName = (schemas: Schema[]) =>
    schemas.map((schema) => JSON.stringify(sorted(schema))).sort()
  const types = byName(schemasOfTypes())
  expect(types.length).toBeGreaterThan(10)
  expect(byName(schemasOfSchema())).toEqual(types)
})

const line = { v: 1, time: '2026-11-23T07:38:30.429Z' }
const file = { ...line, event: 'file', path: 'a', bytes: 1, sha256: 'ab'.repeat(32) }

it('takes the examples of the README', () => {
  const examples = blocks('json').flatMap((block) => block.trim().split('\n'))
  expect(examples.map((example) => eventFault(JSON.parse(example)))).toEqual(
    examples.map(() => undefined),
  )
})

it.each([
  ['another version', { ...line, v: 2, event: 'waiting' }],
  ['no time', { v: 1, event: 'waiting' }],
  ['a time of another form', { ...line, time: '2026-11-23', event: 'waiting' }],
  ['an unknown event', { ...line, event: 'lunch' }],
  ['a field that it does not have', { ...line, event: 'waiting', code: '7-a-b' }],
  ['a field of the other done', { ...file, mismatches: 0 }],
  ['a missing field', { ...file, bytes: undefined }],
  ['a size that is none', { ...file, bytes: -1 }],
  ['a digest that is none', { ...file, sha256: 'abc' }],
])('the tests notice %s', (_title, event) => {
  expect(eventFault(JSON.parse(JSON.stringify(event)))).toContain('is not an event: it')
})

it('is what a program gets that asks the package for it', () => {
  const { resolve } = createRequire(import.meta.url)
  const file = fileURLToPath(new URL('../src/events.schema.json', import.meta.url))
  expect(resolve('p2pshare/events.schema.json')).toBe(file)
})

/** With the keys of all objects in their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]))
}
