import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Payload } from '@fastchat/schema'
import { describe, expect, test } from 'vitest'
import { decodePayload, encodePayload } from './payload-bytes.ts'

const file = join(import.meta.dirname, '../../../../docs/test-vectors/payload.json')
// The cast holds because the generator writes these.
const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
  accepted: { payload: Payload; bytes: string }[]
  grown: { payload: Payload; bytes: string }[]
  unknown: { why: string; bytes: string }[]
}
const read = (hex: string) => decodePayload(new Uint8Array(Buffer.from(hex, 'hex')))

describe('the test vectors of payloads', () => {
  test.each(vectors.accepted)('$payload.kind is read and written', ({ payload, bytes }) => {
    expect(Buffer.from(encodePayload(payload)).toString('hex')).toBe(bytes)
    expect(read(bytes)).toEqual(payload)
  })

  test.each(vectors.grown)('$payload.kind with further fields is read without them', ({ payload, bytes }) => {
    expect(read(bytes)).toEqual(payload)
  })

  test.each(vectors.unknown)('$why is unknown', ({ bytes }) => expect(read(bytes)).toEqual({ kind: 'unknown' }))
})
