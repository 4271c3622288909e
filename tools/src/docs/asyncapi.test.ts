import {
  clientFrames,
  closeCodes,
  connectionErrors,
  errorCodes,
  errors,
  frameErrors,
  limits,
  replies,
  serverFrames,
  subprotocol,
} from '@fastchat/schema'
import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { asyncApi } from './asyncapi.ts'
import { at, brokenReferences } from './test-document.ts'

const document = asyncApi()
const allFrames = { ...clientFrames, ...serverFrames }
const onChannel = (frame: string) => ({ $ref: `#/channels/socket/messages/${frame}` })

describe.each(Object.entries(allFrames))('frame %s', (name, schema) => {
  test('is a message of the channel', () => {
    expect(at(document, 'channels', 'socket', 'messages')[name]).toEqual({ $ref: `#/components/messages/${name}` })
  })

  test('shows every field of the contract', () => {
    const message = at(document, 'components', 'messages', name)
    expect(message).toMatchObject({ name, summary: expect.stringMatching(/./) })
    expect(Object.keys(at(message, 'payload', 'properties'))).toEqual(Object.keys(schema.properties))
    expect(at(message, 'payload')).toMatchObject({ required: schema.required })
    expect(at(message, 'payload').additionalProperties).toBe(name in clientFrames ? false : undefined)
  })

  test('has an example that fits it', () => {
    const { examples } = at(document, 'components', 'messages', name)
    expect(examples).toHaveLength(1)
    // The generator writes a list with one object.
    const [{ payload }] = examples as unknown as [{ payload: unknown }]
    expect(Check(schema, payload), JSON.stringify(payload)).toBe(true)
  })
})

describe.each(Object.entries(replies))('client frame %s', (name, answers) => {
  const operation = at(document, 'operations', name)

  test('is received by the server', () => {
    expect(operation).toMatchObject({ action: 'receive', messages: [onChannel(name)] })
  })

  test('lists the codes of its rejections, and the codes of the connection separately', () => {
    const codes: readonly string[] = frameErrors[name as keyof typeof frameErrors]
    expect(codes.length > 0).toBe((answers as readonly string[]).includes('error'))
    expect(operation['x-error-codes'] ?? []).toEqual(codes.toSorted())
    for (const code of codes) expect(errors).toHaveProperty(code)
  })

  test('has the answers of the contract, with the same id', () => {
    if (answers.length === 0) return expect(operation.reply).toBeUndefined()
    expect(at(operation, 'reply').messages).toEqual(answers.map(onChannel))
    const correlationId = { $ref: '#/components/correlationIds/request' }
    for (const frame of [name, ...answers])
      expect(at(document, 'components', 'messages', frame)).toMatchObject({ correlationId })
  })
})

test('every frame of the server is an answer, or pushed', () => {
  const operations = Object.values(at(document, 'operations'))
  for (const frame of Object.keys(serverFrames)) expect(JSON.stringify(operations)).toContain(onChannel(frame).$ref)
})

test('an error that answers no request has codes of the connection', () => {
  expect(at(document, 'operations', 'push_error')['x-error-codes']).toEqual(connectionErrors.toSorted())
})

test('a pushed message has no correlation, since its id is the sender’s', () => {
  expect(at(document, 'components', 'messages', 'message').correlationId).toBeUndefined()
})

test('lists every close code and error code', () => {
  expect(at(document, 'channels', 'socket', 'x-close-codes')).toEqual(closeCodes)
  expect(at(document, 'x-error-codes')).toEqual(errors)
  const code = at(document, 'components', 'schemas', 'ErrorCode')
  expect(code['x-extensible-enum']).toEqual(errorCodes)
  expect(code.enum).toBeUndefined()
})

test('lists every limit', () => expect(at(document, 'info', 'x-limits')).toEqual(limits))

test('requires the subprotocol', () => {
  const headers = at(document, 'channels', 'socket', 'bindings', 'ws', 'headers', 'properties')
  expect(headers).toEqual({ 'sec-websocket-protocol': { type: 'string', const: subprotocol } })
})

test('has the fixed parts of an AsyncAPI 3.0 document, and no others but extensions', () => {
  const fixed = ['asyncapi', 'id', 'info', 'servers', 'defaultContentType', 'channels', 'operations', 'components']
  expect(document).toMatchObject({
    asyncapi: '3.0.0',
    info: { title: expect.any(String), version: expect.any(String) },
  })
  for (const key of Object.keys(document)) expect(fixed.includes(key) || key.startsWith('x-')).toBe(true)
})

test('every reference resolves', () => expect(brokenReferences(document)).toEqual([]))
