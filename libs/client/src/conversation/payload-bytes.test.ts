import { type MessageId, type Payload, payloads, type UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodePayload, encodePayload } from './payload-bytes.ts'

const file = {
  attachment: '01890000-0000-7000-8000-000000000001' as never,
  key: 'A'.repeat(43),
  sha256: `${'B'.repeat(42)}A`,
  size: 10,
  name: 'a.png',
  mime: 'image/png',
}
const target = '01890000-0000-7000-8000-000000000002' as MessageId
const bob = '01890000-0000-7000-8000-000000000003' as UserId
const examples: readonly Payload[] = [
  { v: 1, kind: 'text', text: 'hello' },
  { v: 1, kind: 'image', file, width: 1, height: 2 },
  { v: 1, kind: 'image', file, width: 1, height: 2, thumbnail: 'AAAA', caption: 'a picture' },
  { v: 1, kind: 'file', file },
  { v: 1, kind: 'file', file, caption: 'the plan', replyTo: target, expires: 30 },
  { v: 1, kind: 'profile', name: 'Friends' },
  { v: 1, kind: 'profile', name: 'Friends', topic: 'the weather' },
  { v: 1, kind: 'profile', name: 'Friends', topic: '', picture: 'AAAA' },
  {
    ...{ v: 1, kind: 'shared', to: [file.attachment], count: 2, part: 1, parts: 2 },
    messages: [{ from: file.attachment, at: 1, text: 'hello' }],
  },
  { v: 1, kind: 'vote', sig: 'A'.repeat(86) },
  { v: 1, kind: 'card', n: 1 },
  { v: 1, kind: 'card', n: 2, name: 'Ann Smith', picture: 'AAAA' },
  { v: 1, kind: 'text', text: 'hello @bob', replyTo: target, mentions: [bob], forwarded: true, expires: 30 },
  { v: 1, kind: 'edit', target, text: 'better' },
  { v: 1, kind: 'delete', target },
  { v: 1, kind: 'reaction', target, emoji: '👍' },
  { v: 1, kind: 'reaction', target, emoji: '👍', remove: true },
  { v: 1, kind: 'pin', target, pinned: true },
  { v: 1, kind: 'timer', seconds: 0 },
]
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const refusal = expect.objectContaining({ code: 'invalid_payload' })
const unknown = { kind: 'unknown' }

test('every kind is among the examples', () => {
  expect(new Set(examples.map(({ kind }) => kind))).toEqual(new Set(Object.keys(payloads)))
})

describe.each(examples)('$kind', (payload) => {
  test('is read as it was written', () => expect(decodePayload(encodePayload(payload))).toEqual(payload))

  test('may have any further fields, which are dropped', () => {
    const known = new Set([...Object.keys(payload), ...Object.keys(payloads[payload.kind].properties)])
    const fresh = fc.dictionary(
      fc.string().filter((name) => !known.has(name)),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(fresh, (added) => {
        expect(decodePayload(bytesOf({ ...added, ...payload }))).toEqual(payload)
      }),
    )
  })

  test('needs each required field', () => {
    const { required } = payloads[payload.kind]
    for (const name of required)
      expect(decodePayload(bytesOf({ ...payload, [name]: undefined })), name).toEqual(unknown)
  })

  test('is not written with a field that this version does not know', () => {
    expect(() => encodePayload(Object.assign({ more: 1 }, payload))).toThrow(refusal)
  })
})

test('a file may have further fields, too', () => {
  const payload = { v: 1, kind: 'image', file, width: 1, height: 2 } as const
  const grown = { ...payload, file: { ...file, blurHash: 'LEHV6n' } }
  expect(decodePayload(bytesOf(grown))).toEqual(payload)
  expect(() => encodePayload(grown as Payload)).toThrow(refusal)
})

test.each([
  ['another kind', { v: 1, kind: 'poll', question: '?' }],
  ['another version', { v: 2, kind: 'text', text: 'x' }],
  ['a field of the wrong type', { v: 1, kind: 'text', text: 1 }],
  ['a kind of the prototype', { v: 1, kind: 'constructor' }],
  ['a kind that is no text', { v: 1, kind: ['text'], text: 'x' }],
  ['no object', 'text'],
  ['nothing', null],
  ['a list', [{ v: 1, kind: 'text', text: 'x' }]],
])('%s is unknown', (_, value) => expect(decodePayload(bytesOf(value))).toEqual(unknown))

test('a __proto__ key in the JSON is ignored', () => {
  const text = '{"v":1,"kind":"text","text":"x","__proto__":{"isAdmin":true},"constructor":1}'
  const payload = decodePayload(new TextEncoder().encode(text))
  expect(Object.keys(payload)).toEqual(['v', 'kind', 'text'])
  expect(Object.getPrototypeOf(payload)).toBe(Object.prototype)
  expect(decodePayload(new TextEncoder().encode('{"__proto__":{"v":1,"kind":"text","text":"x"}}'))).toEqual(unknown)
})

test('any bytes give a payload or unknown, never an error', () => {
  const deep = `{"v":1,"kind":"text","text":"x","more":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
  expect(decodePayload(new TextEncoder().encode(deep))).toEqual({ v: 1, kind: 'text', text: 'x' })
  expect(decodePayload(new Uint8Array([0xff, 0xfe]))).toEqual(unknown)
  const isRead = (bytes: Uint8Array) => void expect(decodePayload(bytes)).toHaveProperty('kind')
  fc.assert(fc.property(fc.uint8Array(), isRead))
  fc.assert(fc.property(fc.json(), (json) => isRead(new TextEncoder().encode(json))))
})
