import { createCipheriv, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto'
import type { JsonObject } from '../docs/json.ts'
import { deviceId, hex, keyNamed, userIds, utf8 } from './inputs.ts'
import { signerOf } from './signer.ts'

const label = 'fastchat/v1/handover'
/** The DER of an X25519 private key (RFC 8410) before its 32 bytes. */
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** Returns the vectors of an ask for the history, and of the answer to it. */
export function handover(): JsonObject {
  const [userId, taker] = userIds
  const id = '0195f3a0-7c00-7000-8000-0000000000f6'
  const [asking, answering] = [keyPairOf('handover ask'), keyPairOf('handover answer')]
  const ends = [
    [deviceId, answering.publicKey.toString('base64url')],
    [taker, asking.publicKey.toString('base64url')],
  ]
  const info = JSON.stringify([label, userId, id, ...ends])
  const secret = diffieHellman({ privateKey: answering.privateKey, publicKey: createPublicKey(asking.privateKey) })
  const key = Buffer.from(hkdfSync('sha256', secret, '', utf8(info), 32))
  const parts = JSON.stringify({ v: 1, parts: [], isWhole: true })
  const nonce = keyNamed('handover nonce').subarray(0, 12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(utf8(label))
  const sealed = Buffer.concat([nonce, cipher.update(utf8(parts)), cipher.final(), cipher.getAuthTag()])
  const ask = ['fastchat handover ask v1', userId, taker, id].map(utf8)
  const answer = ['fastchat handover answer v1', userId, deviceId, id].map(utf8)
  return {
    description:
      'A new device (`taker`) asks, another device of the account (`giver`) answers. `secret` is X25519 of one private key and the other public key. `key` is HKDF-SHA256 of it with `info`. `sealed` is nonce (12), AES-256-GCM ciphertext of `parts`, tag (16).',
    userId,
    id,
    taker,
    giver: deviceId,
    askPrivate: hex(keyNamed('handover ask')),
    askKey: hex(asking.publicKey),
    answerPrivate: hex(keyNamed('handover answer')),
    answerKey: hex(answering.publicKey),
    secret: hex(secret),
    info,
    key: hex(key),
    associated: label,
    parts,
    sealed: hex(sealed),
    ask: signedBy('handover taker', [...ask, asking.publicKey]),
    answer: signedBy('handover giver', [...answer, asking.publicKey, answering.publicKey, sealed]),
  }
}

function keyPairOf(name: string) {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Head, keyNamed(name)]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { privateKey, publicKey }
}

/** Returns a statement of a device: each field stands behind its length in two bytes. */
function signedBy(device: string, fields: readonly Uint8Array[]): JsonObject {
  const { publicKey, sign } = signerOf(keyNamed(device))
  const signed = Buffer.concat(fields.flatMap((field) => [Buffer.from([field.length >> 8, field.length & 255]), field]))
  return { signatureKey: hex(publicKey), signed: hex(signed), signature: hex(sign(signed)) }
}
