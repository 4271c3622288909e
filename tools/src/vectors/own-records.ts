import { createCipheriv, createHmac, hkdfSync } from 'node:crypto'
import type { JsonObject } from '../docs/json.ts'
import { hex, keyNamed, userIds, utf8 } from './inputs.ts'

/** Returns the vectors of a record that the devices of an account share. */
export function ownRecord(): JsonObject {
  const [userId = '', device = ''] = userIds
  const stateKey = keyNamed('state')
  const [sealLabel, nameLabel] = ['fastchat/v1/own-records', 'fastchat/v1/own-record-names']
  const derive = (label: string) => Buffer.from(hkdfSync('sha256', stateKey, '', label, 32))
  const key = 'chat/0195f3a0-7c00-7000-8000-0000000000c3'
  const name = createHmac('sha256', derive(nameLabel)).update(key).digest().subarray(0, 16).toString('base64url')
  const version = 2
  const record = JSON.stringify({ v: 1, key, read: 7, fields: { muted: { n: 5, d: device, x: { until: null } } } })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(record))
  const contents = Buffer.concat([length, utf8(record)])
  const padded = Buffer.concat([contents, Buffer.alloc(256 - contents.length)])
  const aad = utf8(JSON.stringify([sealLabel, userId, name, version]))
  const nonce = keyNamed('own record nonce').subarray(0, 12)
  const cipher = createCipheriv('aes-256-gcm', derive(sealLabel), nonce).setAAD(aad)
  return {
    description:
      'Both keys are HKDF-SHA256(state key, no salt, label, 32 bytes). `name` is the first 16 bytes of HMAC-SHA256(naming key, key), as base64url. `sealed` is nonce (12), AES-256-GCM ciphertext, tag (16); the associated data is the compact JSON array of label, userId, name and version. The plaintext is the length of `record` in 2 bytes (big endian), `record` in UTF-8, and zeros up to a multiple of 256 bytes.',
    labels: { sealing: sealLabel, naming: nameLabel },
    stateKey: hex(stateKey),
    userId,
    key,
    name,
    version,
    record,
    aad: hex(aad),
    sealed: hex(Buffer.concat([nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()])),
  }
}
