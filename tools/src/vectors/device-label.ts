import { createCipheriv, hkdfSync } from 'node:crypto'
import type { JsonObject } from '../docs/json.ts'
import { hex, keyNamed, userIds, utf8 } from './inputs.ts'

/** Returns the vector of a name that a device of an account seals for the others. */
export function deviceLabel(): JsonObject {
  const [userId = '', deviceId = ''] = userIds
  const stateKey = keyNamed('state')
  const label = 'fastchat/v1/device-label'
  const key = Buffer.from(hkdfSync('sha256', stateKey, '', label, 32))
  const content = utf8(JSON.stringify({ v: 1, name: 'Ben’s laptop', kind: 'terminal' }))
  const padded = Buffer.alloc(512)
  padded.writeUInt16BE(content.length)
  padded.set(content, 2)
  const aad = utf8(JSON.stringify([label, userId, deviceId]))
  const nonce = keyNamed('device label nonce').subarray(0, 12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
  return {
    description:
      'The key is HKDF-SHA256(state key, no salt, label, 32 bytes). `sealed` is nonce (12), AES-256-GCM ciphertext, tag (16); the associated data is the compact JSON array of label, userId and deviceId. The plaintext is the length of `content` in 2 bytes (big endian), `content` in UTF-8, and zeros up to 512 bytes.',
    label,
    stateKey: hex(stateKey),
    userId,
    deviceId,
    content: content.toString('utf8'),
    aad: hex(aad),
    sealed: hex(Buffer.concat([nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()])),
  }
}
