import { createCipheriv, createHash, hkdfSync } from 'node:crypto'
import type { JsonObject } from '../docs/json.ts'
import { hex, keyNamed, userIds, utf8 } from './inputs.ts'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const labels = {
  check: 'fastchat/v1/recovery-check',
  loginValue: 'fastchat/v1/recovery-login',
  copyKey: 'fastchat/v1/recovery-copy',
  copy: 'fastchat/v1/recovery',
}

/** Returns the vectors of a recovery key, and of the sealed account key that it opens. */
export function recovery(): JsonObject {
  const seed = keyNamed('recovery').subarray(0, 16)
  const check = createHash('sha256').update(labels.check).update(seed).digest().subarray(0, 4)
  const letters = base32(Buffer.concat([seed, check]))
  const key = letters.replaceAll(/(.{4})(?=.)/g, '$1-')
  const expand = (label: string) => Buffer.from(hkdfSync('sha256', seed, '', label, 32))
  const [loginValue, copyKey] = [expand(labels.loginValue), expand(labels.copyKey)]
  const [userId = ''] = userIds
  const version = 2
  const accountPrivate = keyNamed('account')
  const aad = utf8(JSON.stringify([labels.copy, userId, version]))
  const nonce = keyNamed('recovery nonce').subarray(0, 12)
  const cipher = createCipheriv('aes-256-gcm', copyKey, nonce).setAAD(aad)
  const plaintext = Buffer.concat([accountPrivate, Buffer.from([1])])
  const last = letters.at(-1) === 'A' ? 'B' : 'A'
  return {
    description:
      'key = Crockford base 32 of seed (16 bytes) and the first 4 bytes of SHA-256(check label, seed), in groups of four. Login value and copy key are HKDF-SHA256(seed, no salt, label, 32 bytes). `verifier` is SHA-256 of the login value. `sealed` is nonce (12), AES-256-GCM ciphertext, tag (16) of the vault’s plaintext; the associated data is the compact JSON array of label, userId and version.',
    labels,
    seed: hex(seed),
    loginValue: loginValue.toString('base64url'),
    verifier: createHash('sha256').update(loginValue).digest('base64url'),
    copyKey: hex(copyKey),
    accepted: [key, letters.toLowerCase(), key.replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('-', ' ')],
    refused: [
      { why: 'a wrong letter', key: `${letters.slice(0, -1)}${last}` },
      { why: 'a missing letter', key: letters.slice(1) },
      { why: 'a letter that is in none', key: `U${letters.slice(1)}` },
      { why: 'nothing', key: '' },
    ],
    accountPrivate: hex(accountPrivate),
    userId,
    version,
    aad: hex(aad),
    sealed: hex(Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])),
  }
}

/** Returns the letters of bytes whose number of bits is a multiple of five. */
function base32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return Array.from(
    { length: bits.length / 5 },
    (_, at) => alphabet[Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)],
  ).join('')
}
