import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ConversationId, EntryKind, Epoch, GroupNo } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxPlaintextBytes } from '../mls/padding.ts'
import { chainBytes, extendChain, startChain } from './chain.ts'
import { type ChainFrame, decodeChained, encodeChained, maxClosings, maxPayloadBytes } from './frame.ts'

type Vectors = {
  starts: { conversation: string; groupNo: number; epoch: number; seq: number; confirmed: string; c: string }[]
  links: {
    before: string
    seq: number
    kind: EntryKind
    id: string
    from: string
    at: number
    envelope: string
    c: string
  }[]
  frames: { seen?: Point; closings: (Point | null)[]; voided: number; payload: string; plaintext: string }[]
}
type Point = { seq: number; c: string }

const vectors = JSON.parse(
  readFileSync(new URL('../../../../docs/test-vectors/chain.json', import.meta.url), 'utf8'),
) as Vectors
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const point = ({ seq, c }: Point) => ({ seq, c: hex(c) })
// The casts hold: these texts have the form of ids.
const id = '0199f0a0-1111-7222-8333-444455556666' as ConversationId
const entry = {
  seq: 2,
  kind: 'application',
  id,
  from: id.replace('6666', '7777'),
  at: 1_700_000_000_000,
  envelope: new Uint8Array([1, 2, 3]),
} as const
const start = {
  conversation: id,
  groupNo: 1 as GroupNo,
  epoch: 1 as Epoch,
  seq: 1,
  confirmedTranscriptHash: new Uint8Array(32),
}

test.each(vectors.starts)('the chain of an epoch begins with $c', ({ c, confirmed, ...told }) => {
  const given = { ...told, confirmedTranscriptHash: hex(confirmed) } as unknown as typeof start
  expect(Buffer.from(startChain(given)).toString('hex')).toBe(c)
})

test.each(vectors.links)('the chain value after entry $seq is $c', ({ c, before, envelope, ...told }) => {
  expect(Buffer.from(extendChain(hex(before), { ...told, envelope: hex(envelope) })).toString('hex')).toBe(c)
})

test.each(vectors.frames)(
  'a plaintext of the vectors is encoded and decoded',
  ({ seen, closings, voided, payload, plaintext }) => {
    const frame: ChainFrame = {
      ...(seen && { seen: point(seen) }),
      closings: closings.map((one) => (one === null ? undefined : point(one))),
      voided,
    }
    expect(Buffer.from(encodeChained(frame, hex(payload))).toString('hex')).toBe(plaintext)
    expect(decodeChained(hex(plaintext))).toEqual({ frame, payload: hex(payload) })
  },
)

test('every field of an entry and the value before it change the chain value', () => {
  const before = startChain(start)
  const others: object[] = [
    { seq: 3 },
    { seq: 2 + 2 ** 32 },
    { kind: 'commit' },
    { kind: 'leave' },
    { kind: 'revocation' },
    { id: entry.from },
    { from: entry.id },
    { at: entry.at + 1 },
    { envelope: new Uint8Array([1, 2, 4]) },
    { envelope: '\u0001\u0002\u0003' },
  ]
  const values = [{}, ...others].map((change) => extendChain(before, { ...entry, ...change }).toString())
  values.push(extendChain(new Uint8Array(chainBytes), entry).toString())
  expect(new Set(values).size).toBe(values.length)
})

test('every field of an epoch changes its first chain value', () => {
  const changes: object[] = [
    {},
    { conversation: entry.from },
    { groupNo: 2 },
    { epoch: 2 },
    { seq: 2 },
    { confirmedTranscriptHash: new Uint8Array(31) },
    { confirmedTranscriptHash: new Uint8Array(32).fill(1) },
  ]
  const values = changes.map((change) => startChain({ ...start, ...change }).toString())
  expect(new Set(values).size).toBe(values.length)
})

test('ids that are not UUIDs give different chain values', () => {
  const before = startChain(start)
  const ids = ['', 'x', 'y', id.toUpperCase(), `${id}0`, id.slice(1), `${id.slice(0, -1)}g`, id.replaceAll('-', '')]
  const values = ids.map((text) => extendChain(before, { ...entry, id: text }).toString())
  expect(new Set([...values, extendChain(before, entry).toString()]).size).toBe(ids.length + 1)
})

test('a chain value is the hash of the documented bytes, for any entry after any other', () => {
  const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
  const number = (value: number) => Buffer.from(value.toString(16).padStart(16, '0'), 'hex')
  const bytesOf = (text: string) =>
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? hex(text.replaceAll('-', '')) : sha256(Buffer.from(text))
  const ids = fc.oneof(
    fc.uuid(),
    fc.string({ maxLength: 40 }),
    fc.uuid().map((text) => `${text.slice(0, 35)}g`),
  )
  const entries = fc.record({
    seq: fc.maxSafeNat(),
    kind: fc.constantFrom<EntryKind>('application', 'commit', 'leave', 'revocation'),
    id: ids,
    from: ids,
    at: fc.maxSafeNat(),
    envelope: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 20 })),
  })
  const before = fc.uint8Array({ minLength: chainBytes, maxLength: chainBytes })
  fc.assert(
    fc.property(before, entries, (former, told) => {
      const label = Buffer.from('fastchat link 1')
      const isText = typeof told.envelope === 'string'
      const kind = isText ? 255 : { application: 0, commit: 1, leave: 2, revocation: 3 }[told.kind]
      const link = [
        ...[Uint8Array.of(label.length), label, former, number(told.seq), Uint8Array.of(kind)],
        ...[bytesOf(told.id).subarray(0, 16), bytesOf(told.from).subarray(0, 16), number(told.at)],
        sha256(typeof told.envelope === 'string' ? Buffer.from(told.envelope) : told.envelope),
      ]
      expect(Buffer.from(extendChain(former, told))).toEqual(sha256(...link).subarray(0, chainBytes))
    }),
  )
})

const points = fc.record({
  seq: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  c: fc.uint8Array({ minLength: chainBytes, maxLength: chainBytes }),
})
const frames = fc.record(
  {
    seen: points,
    closings: fc.array(fc.option(points, { nil: undefined }), { maxLength: maxClosings }).filter((all) => {
      return all.length === 0 || all.at(-1) !== undefined
    }),
    voided: fc.integer({ min: 0, max: 255 }),
  },
  { requiredKeys: ['closings', 'voided'] },
)

test('a frame and its payload are decoded as they were encoded', () => {
  fc.assert(
    fc.property(frames, fc.uint8Array({ maxLength: 300 }), (frame, payload) => {
      expect(decodeChained(encodeChained(frame, payload))).toEqual({ frame, payload })
    }),
  )
})

test('bytes without a valid frame decode to undefined, without an exception', () => {
  const whole = encodeChained({ seen: { seq: 1, c: new Uint8Array(20) }, closings: [], voided: 0 }, new Uint8Array())
  for (let length = 0; length < whole.length; length++) expect(decodeChained(whole.subarray(0, length))).toBeUndefined()
  expect(decodeChained(whole.map((byte, at) => (at === 0 ? 2 : byte)))).toBeUndefined()
  expect(decodeChained(whole.map((byte, at) => (at === 1 ? 3 : byte)))).toBeUndefined()
  expect(decodeChained(whole.map((byte, at) => (at === 4 ? 0xff : byte)))).toBeUndefined()
  expect(decodeChained(new TextEncoder().encode('{"v":1,"kind":"text","text":"hi"}'))).toBeUndefined()
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeChained(bytes)))
})

test('an ordinary message grows by at most 64 bytes', () => {
  const ordinary = { seen: { seq: 9, c: new Uint8Array(20) }, closings: [], voided: 0 }
  expect(encodeChained(ordinary, new Uint8Array(100)).length).toBeLessThanOrEqual(164)
  const greatest = { ...ordinary, closings: Array.from({ length: 9 }, () => ordinary.seen) }
  expect(encodeChained(greatest, new Uint8Array(maxPayloadBytes)).length).toBe(maxPlaintextBytes)
})
