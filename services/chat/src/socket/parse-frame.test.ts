import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseFrame } from './parse-frame.ts'

const conversation = '00000000-0000-4000-8000-000000000001'
const id = '01890000-0000-7000-8000-000000000001'
const send = { t: 'send', id, conversation, groupNo: 1, epoch: 0, envelope: 'AAAA' }
const text = (value: unknown) => JSON.stringify(value)

test.each([
  { t: 'hello', id: '1', token: 'x', cursors: { [conversation]: 0 } },
  { t: 'token', id: '1', token: 'x' },
  send,
  { ...send, envelope: 'A'.repeat(56_000) }, // above the limit, which its handler refuses
  { ...send, first: true, attachments: [id] },
  { t: 'fetch', id: '1', conversation, after: 0 },
  { t: 'ack', conversation, seq: 1 },
  { t: 'ping', id: '1' },
])('a $t frame is read', (frame) => {
  expect(parseFrame(text(frame))).toEqual({ ok: true, frame })
})

describe('a malformed frame is refused, with its id if it has one', () => {
  test.each([
    ['no JSON', '{', undefined],
    ['an empty text', '', undefined],
    ['null', 'null', undefined],
    ['a list', '[]', undefined],
    ['a type that is no text', text({ t: 1, id: '1' }), '1'],
    ['a missing field', text({ t: 'fetch', id: '1', conversation }), '1'],
    ['an unknown field', text({ t: 'ping', id: '1', x: 1 }), '1'],
    ['__proto__', '{"t":"ping","id":"1","__proto__":{"x":1}}', '1'],
    ['a negative cursor', text({ t: 'fetch', id: '1', conversation, after: -1 }), '1'],
    ['a seq of 0', text({ t: 'ack', conversation, seq: 0 }), undefined],
    ['a seq beyond 2^53', text({ t: 'ack', conversation, seq: 1e308 }), undefined],
    ['an upper-case id', text({ ...send, id: id.toUpperCase().replace('0', 'A') }), id.toUpperCase().replace('0', 'A')],
    ['an envelope that is not base64url', text({ ...send, envelope: 'A+/=' }), id],
    ['an envelope with trailing bits set', text({ ...send, envelope: 'AB' }), id],
    ['an envelope larger than any frame', text({ ...send, envelope: 'A'.repeat(88_000) }), id],
    [
      'a cursor whose key is no conversation id',
      text({ t: 'hello', id: '1', token: 'x', cursors: { constructor: 1 } }),
      '1',
    ],
    ['a cursor of __proto__', '{"t":"hello","id":"1","token":"x","cursors":{"__proto__":1}}', '1'],
    ['an id that is too long', text({ t: 'ping', id: 'x'.repeat(65) }), undefined],
  ])('%s', (_, frame, named) => {
    expect(parseFrame(frame)).toEqual({
      ok: false,
      code: 'malformed_frame',
      ...(named !== undefined && { id: named }),
    })
  })
})

test.each(['wave', 'constructor', '__proto__', 'toString'])('a frame of type %s is unknown', (t) => {
  expect(parseFrame(text({ t, id: '1' }))).toEqual({ ok: false, code: 'unknown_frame', id: '1' })
})

test('parsing never throws and changes no prototype', () => {
  const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
  expect(parseFrame(`{"t":"ping","id":${nested}}`)).toEqual({ ok: false, code: 'malformed_frame' })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.anything().map(safeJson)), (input) => {
      parseFrame(input)
      expect(({} as { x?: unknown }).x).toBeUndefined()
    }),
    { numRuns: 3_000 },
  )
})

const safeJson = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
