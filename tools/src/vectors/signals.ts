import { createCipheriv } from 'node:crypto'
import type { JsonObject } from '../docs/json.ts'
import { hex, keyNamed, userIds, utf8 } from './inputs.ts'
import { signerOf } from './signer.ts'

const label = 'fastchat signal v1'

/** Returns the vectors of a sealed receipt. */
export function signal(): JsonObject {
  const [conversation = '', deviceId = ''] = userIds
  const [groupNo, epoch] = [1, 7]
  const key = keyNamed('signal')
  const { publicKey, sign } = signerOf(keyNamed('signal device'))
  const json = JSON.stringify({ v: 1, n: 1_800_000_000_000, kind: 'receipt', from: 1, delivered: 12, read: 9 })
  const content = utf8(json.padEnd(128, ' '))
  const fields = [label, conversation, String(groupNo), String(epoch), deviceId].map(utf8)
  const signed = Buffer.concat([...fields, content].flatMap((field) => [lengthOf(field), field]))
  const signature = sign(signed)
  const associated = utf8([label, conversation, groupNo, epoch, deviceId].join('\n'))
  const nonce = keyNamed('signal nonce').subarray(0, 12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated)
  const sealed = [nonce, cipher.update(signature), cipher.update(content), cipher.final(), cipher.getAuthTag()]
  return {
    description:
      'The plaintext is signature (64), then the content: JSON, padded with spaces to a multiple of 128 bytes. `body` is nonce (12), AES-256-GCM ciphertext, tag (16). `key` stands for the key that the group exports under `exporterLabel`.',
    exporterLabel: 'fastchat signal key',
    conversation,
    groupNo,
    epoch,
    deviceId,
    key: hex(key),
    publicKey: hex(publicKey),
    content: json,
    signed: hex(signed),
    signature: hex(signature),
    associated: hex(associated),
    body: hex(Buffer.concat(sealed)),
  }
}

function lengthOf(field: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(field.length)
  return length
}
