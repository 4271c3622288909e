import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { describe, expect, test } from 'vitest'
import { clientFrames, replies, serverFrames } from './frames.ts'
import { limits } from './limits.ts'

const id = '019abcde-f012-7345-8678-9abcdef01234'
const hello = { t: 'hello', id: '1', token: 'x' }
const send = { t: 'send', id, conversation: id, groupNo: 1, epoch: 0, envelope: 'AAEAAg' }
const entry = { conversation: id, seq: 1, kind: 'application', id, from: id, at: 0, envelope: 'AA' }

/** The smallest valid example of each frame. */
const examples: Record<keyof typeof clientFrames | keyof typeof serverFrames, object> = {
  hello,
  token: { t: 'token', id: '2', token: 'x' },
  send,
  fetch: { t: 'fetch', id: '3', conversation: id, after: 0 },
  ack: { t: 'ack', conversation: id, seq: 1 },
  ping: { t: 'ping', id: '4' },
  signal: { t: 'signal', conversation: id, groupNo: 1, epoch: 0, body: 'AA' },
  signals: { t: 'signals', id: '5', since: 0 },
  signaled: { t: 'signaled', conversation: id, groupNo: 1, epoch: 0, device: id, body: 'AA' },
  ready: { t: 'ready', id: '1', pod: 'chat-0', device: id, dbEpoch: id, now: 0, limits: { sendBurst: 40 } },
  ok: { t: 'ok', id: '1' },
  error: { t: 'error', code: 'busy', message: 'Busy' },
  message: { t: 'message', ...entry },
  welcome: { t: 'welcome', conversation: id, kind: 'group', groupNo: 1, seq: 1, join: 'external' },
  gap: { t: 'gap', conversation: id, from: 1, to: 2, reason: 'retention' },
  synced: { t: 'synced' },
  account: { t: 'account', changed: 'records' },
  reconnect: { t: 'reconnect', afterMs: 0, candidates: [{ pod: 'chat-1', url: '/ws/chat-1' }] },
}

const frames: Readonly<Record<string, TSchema>> = { ...clientFrames, ...serverFrames }
const cases = Object.entries(examples).map(([name, example]) => ({ name, example, schema: frames[name] ?? {} }))

describe.each(cases)('frame $name', ({ name, example, schema }) => {
  const check = Compile(schema)
  const accepts = (json: string) => check.Check(JSON.parse(json))

  test('accepts its smallest example', () => expect(check.Check(example)).toBe(true))

  test('rejects another type', () => expect(check.Check({ ...example, t: `${name}x` })).toBe(false))

  const isSent = name in clientFrames
  const unknown = ['extra', 'constructor', 'toString', 'prototype', '__proto__']
  test.each(unknown)(`${isSent ? 'rejects' : 'accepts'} the unknown field %s`, (field) => {
    // Parsed from text: an object literal with __proto__ would set the prototype.
    expect(accepts(JSON.stringify(example).replace(/}$/, `,"${field}":{"admin":true}}`))).toBe(!isSent)
  })

  test('rejects an example without a required field', () => {
    for (const field of Object.keys(example)) {
      const { [field]: _, ...rest } = { ...example } as Record<string, unknown> // any object is one
      expect(check.Check(rest)).toBe(optional(schema, field))
    }
  })

  test.each([null, [], 'text', 7, true, undefined])('rejects %j', (value) => expect(check.Check(value)).toBe(false))
})

function optional(schema: TSchema, field: string): boolean {
  return 'required' in schema && Array.isArray(schema.required) && !schema.required.includes(field)
}

test('client and server frames have different names, so that one table can hold both', () => {
  expect(Object.keys(clientFrames).filter((name) => name in serverFrames)).toEqual([])
})

test('every client frame lists its answers, and both have an id', () => {
  expect(Object.keys(replies)).toEqual(Object.keys(clientFrames))
  for (const [name, answers] of Object.entries(replies)) {
    const correlated = answers.length > 0 ? [name, ...answers] : []
    for (const frame of correlated) expect(frames[frame]).toHaveProperty('properties.id')
  }
})

describe('the cursors of a hello', () => {
  const check = Compile(clientFrames.hello)
  const withCursors = (cursors: string) =>
    check.Check(JSON.parse(`{"t":"hello","id":"1","token":"x","cursors":${cursors}}`))

  test('map conversation ids to positions', () => {
    expect(withCursors('{}')).toBe(true)
    expect(withCursors(`{"${id}":0}`)).toBe(true)
  })

  test.each([
    '{"__proto__":1}',
    '{"constructor":1}',
    '{"x":1}',
    '[1]',
    '"x"',
    `{"${id}":-1}`,
    `{"${id}":"1"}`,
    `{"${id}":0.5}`,
  ])('cannot be %s', (cursors) => expect(withCursors(cursors)).toBe(false))

  test('are limited in number, so that a hello fits into a frame', () => {
    const many = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [uuid(n), Number.MAX_SAFE_INTEGER])))
    expect(withCursors(many(limits.maxCursors))).toBe(true)
    expect(withCursors(many(limits.maxCursors + 1))).toBe(false)
    const longestToken = 4096
    expect(many(limits.maxCursors).length + longestToken).toBeLessThan(limits.maxFrameBytes)
  })
})

describe('a send', () => {
  const check = Compile(clientFrames.send)

  test('with the largest envelope fits into a frame, and a larger envelope is rejected', () => {
    const letters = Math.ceil((limits.maxEnvelopeBytes * 4) / 3)
    expect(check.Check({ ...send, envelope: 'A'.repeat(letters) })).toBe(true)
    expect(check.Check({ ...send, envelope: 'A'.repeat(letters + 1) })).toBe(false)
    const attachments = Array.from({ length: limits.maxAttachmentsPerSend }, (_, n) => uuid(n))
    const largest = { ...send, envelope: 'A'.repeat(letters), attachments, first: true }
    expect(check.Check(largest)).toBe(true)
    expect(JSON.stringify(largest).length).toBeLessThan(limits.maxFrameBytes)
  })

  test('names each attachment once, and at most maxAttachmentsPerSend', () => {
    expect(check.Check({ ...send, attachments: [id, id] })).toBe(false)
    const tooMany = Array.from({ length: limits.maxAttachmentsPerSend + 1 }, (_, n) => uuid(n))
    expect(check.Check({ ...send, attachments: tooMany })).toBe(false)
  })
})

const uuid = (n: number) => `019abcde-f012-7345-8678-${n.toString(16).padStart(12, '0')}`
