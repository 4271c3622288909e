import {
  authOperations,
  balancerOperations,
  chatOperations,
  errorCodes,
  errors,
  errorsOf,
  limits,
  type Operation,
} from '@fastchat/schema'
import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { openApi } from './openapi.ts'
import { at, brokenReferences } from './test-document.ts'

const document = await openApi()
const operations: [string, Operation][] = Object.entries({
  ...authOperations,
  ...balancerOperations,
  ...chatOperations,
})
const pathOf = ({ path }: Operation) => path.replace(/:(\w+)/g, '{$1}')
const printed = (operation: Operation) => at(document, 'paths', pathOf(operation), operation.method.toLowerCase())

describe.each(operations)('%s', (name, operation) => {
  test('has its name and its summary', () => {
    expect(printed(operation)).toMatchObject({ operationId: name, summary: operation.summary })
  })

  test('names each parameter of its path and query once, and no other', () => {
    const inPath = [...operation.path.matchAll(/:(\w+)/g)].map(([, parameter]) => `path ${parameter}`)
    const inQuery = Object.keys(propertiesOf(operation.query)).map((parameter) => `query ${parameter}`)
    // The generator writes a list of objects.
    const parameters = (printed(operation).parameters ?? []) as { in: string; name: string }[]
    const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
    expect(names).toHaveLength(inPath.length + inQuery.length)
    expect(new Set(names)).toEqual(new Set([...inPath, ...inQuery]))
  })

  test('requires the token of its access rule', () => {
    const expected = operation.access === 'public' ? [] : [{ [operation.access]: [] }]
    expect(printed(operation).security).toEqual(expected)
  })

  test('shows its body, its success and the form of its errors', () => {
    const hasBody = operation.body !== undefined || operation.bytes === 'body'
    expect('requestBody' in printed(operation)).toBe(hasBody)
    const refusals = new Set(errorsOf(operation).map((code) => String(errors[code].status)))
    const statuses = [...Object.keys(operation.response), ...[...refusals].sort(), 'default']
    expect(Object.keys(at(printed(operation), 'responses'))).toEqual(statuses)
    expect(at(printed(operation), 'responses').default).toEqual({ $ref: '#/components/responses/Refusal' })
  })

  test('names each of its error codes, at its status', () => {
    for (const code of errorsOf(operation)) {
      const { $ref } = at(printed(operation), 'responses', String(errors[code].status))
      const answer = at(document, 'components', 'responses', String($ref).split('/').at(-1) ?? '')
      expect(at(answer, 'content', 'application/json').schema).toEqual({ $ref: '#/components/schemas/Error' })
      expect(answer['x-error-codes']).toContain(code)
      expect(answer.description).toContain(code)
    }
  })

  test('has examples that fit its body and its success', () => {
    const answers = Object.entries(operation.response).map(
      ([status, schema]) => [schema, at(printed(operation), 'responses', status)] as const,
    )
    const body = operation.body ? [[operation.body, at(printed(operation), 'requestBody')] as const] : []
    for (const [schema, place] of [...answers, ...body]) {
      if (!('content' in place) || operation.bytes === 'response') continue
      const { example } = at(place, 'content', 'application/json')
      expect(Check(schema, example), JSON.stringify(example)).toBe(true)
    }
  })

  test('names its body and its success', () => {
    const places = [...Object.keys(operation.response).map((status) => ['responses', status]), ['requestBody']]
    for (const keys of places) {
      const json = keys.reduce<unknown>(child, printed(operation))
      const schema = child(child(child(json, 'content'), 'application/json'), 'schema')
      if (schema !== undefined) expect(JSON.stringify(schema)).toMatch(/^{("anyOf":\[{)?"\$ref":/)
    }
  })
})

test('has no operation outside the contract', () => {
  const methods = Object.values(at(document, 'paths')).flatMap((path) => Object.keys(path ?? {}))
  expect(methods).toHaveLength(operations.length)
  expect(new Set(operations.map(([name]) => name)).size).toBe(operations.length)
})

test('a body of bytes has a binary media type', () => {
  const { putAttachment, getAttachment } = chatOperations
  const octets = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
  expect(at(printed(putAttachment), 'requestBody', 'content')).toEqual(octets)
  expect(at(printed(getAttachment), 'responses', '200', 'content')).toEqual(octets)
})

test('lists every error code and its meaning', () => {
  expect(at(document, 'x-error-codes')).toEqual(errors)
  const code = at(document, 'components', 'schemas', 'ErrorCode')
  expect(code['x-extensible-enum']).toEqual(errorCodes)
  expect(code.enum).toBeUndefined()
})

test('lists every limit', () => expect(at(document, 'info', 'x-limits')).toEqual(limits))

test('every reference resolves', () => expect(brokenReferences(document)).toEqual([]))

test('is the same each time', async () => expect(JSON.stringify(await openApi())).toBe(JSON.stringify(document)))

test('names the address of a local installation', () => {
  expect(document.servers).toContainEqual({ url: 'http://localhost:8080', description: '`npm start`' })
})

const child = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined
function propertiesOf(schema: object | undefined): object {
  return schema && 'properties' in schema ? (schema.properties as object) : {} // an object schema's properties are one
}
