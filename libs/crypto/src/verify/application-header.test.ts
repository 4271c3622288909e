import fc from 'fast-check'
import { encodeMlsMessage } from 'ts-mls'
import { expect, test } from 'vitest'
import { conversation, groupNo } from '../../testing/people.ts'
import { readApplicationHeader } from './application-header.ts'
import { groupIdOf } from './group-id.ts'
import { HandshakeError } from './handshake-error.ts'

type Parts = Parameters<typeof encodeMlsMessage>[0] & { wireformat: 'mls_private_message' }

/** Encodes an envelope with the engine. */
function envelope(changed: Partial<Parts['privateMessage']> = {}): Uint8Array {
  return encodeMlsMessage({
    version: 'mls10',
    wireformat: 'mls_private_message',
    privateMessage: {
      groupId: groupIdOf(conversation, groupNo),
      epoch: 7n,
      contentType: 'application',
      authenticatedData: new Uint8Array(),
      encryptedSenderData: new Uint8Array(28),
      ciphertext: new Uint8Array(300),
      ...changed,
    },
  })
}

test('reads conversation, group number and epoch of an application message of any size', () => {
  for (const bytes of [0, 1, 63, 64, 16_383, 16_384, 40_000])
    expect(readApplicationHeader(envelope({ ciphertext: new Uint8Array(bytes) }))).toEqual({
      conversation,
      groupNo,
      epoch: 7,
    })
  const large = Number.MAX_SAFE_INTEGER
  expect(readApplicationHeader(envelope({ epoch: BigInt(large) })).epoch).toBe(large)
})

test('reads a view into a larger buffer within its bounds', () => {
  const bytes = envelope()
  const buffer = new Uint8Array(bytes.length + 20)
  buffer.set(bytes, 10)
  expect(readApplicationHeader(buffer.subarray(10, 10 + bytes.length)).epoch).toBe(7)
})

test.each([
  ['a proposal', envelope({ contentType: 'proposal' })],
  ['a commit', envelope({ contentType: 'commit' })],
  ['authenticated data', envelope({ authenticatedData: new Uint8Array(1) })],
  ['sender data of another size', envelope({ encryptedSenderData: new Uint8Array(29) })],
  ['a group id of another size', envelope({ groupId: new Uint8Array(16) })],
  ['a group id that is no conversation', envelope({ groupId: new Uint8Array(20).fill(0xff) })],
  ['group number 0', envelope({ groupId: new Uint8Array(groupIdOf(conversation, groupNo)).fill(0, 16) })],
  ['an epoch past 2^53', envelope({ epoch: 2n ** 53n })],
  ['a byte too many', new Uint8Array([...envelope(), 0])],
  ['a length of two bytes where one will do', new Uint8Array([...envelope().subarray(0, 64), 0x40, 1, 0])],
  ['a length of four bytes where two will do', new Uint8Array([...envelope().subarray(0, 64), 0x80, 0, 0, 1, 0])],
  ['nothing', new Uint8Array()],
])('rejects %s', (_, bytes) => {
  expect(() => readApplicationHeader(bytes)).toThrow(HandshakeError)
})

test('rejects every truncation and every other start', () => {
  const whole = envelope({ ciphertext: new Uint8Array(70) })
  for (let length = 0; length < whole.length; length++)
    expect(() => readApplicationHeader(whole.subarray(0, length))).toThrow(HandshakeError)
  for (const at of [0, 1, 2, 3, 4, 33, 34, 35]) {
    const other = whole.slice()
    other[at] = (other[at] ?? 0) ^ 1
    expect(() => readApplicationHeader(other)).toThrow(HandshakeError)
  }
})

test('returns a header or throws HandshakeError for any bytes', () => {
  const start = envelope().subarray(0, 5)
  const bytes = fc.uint8Array({ maxLength: 120 })
  fc.assert(
    fc.property(bytes, fc.boolean(), (tail, isPrefixed) => {
      try {
        readApplicationHeader(isPrefixed ? new Uint8Array([...start, ...tail]) : tail)
      } catch (error) {
        expect(error).toBeInstanceOf(HandshakeError)
      }
    }),
  )
})
