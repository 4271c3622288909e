import { createCipheriv, hkdfSync } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { JsonObject } from '../docs/json.ts'
import { conversation, deviceId, hex, keyNamed, userIds, utf8 } from './inputs.ts'

const leastBytes = 512

/** Returns the vectors of the backup that the devices of an account share. */
export function backup(): JsonObject {
  const [userId = '', , segment = ''] = userIds
  const accountPrivate = keyNamed('account')
  const [accountLabel, deviceLabel] = ['fastchat/v1/backup', `fastchat/v1/backup-device/${deviceId}`]
  const derive = (label: string) => Buffer.from(hkdfSync('sha256', accountPrivate, '', label, 32))
  const [accountKey, deviceKey, backupKey] = [derive(accountLabel), derive(deviceLabel), keyNamed('backup')]
  const generation = 2
  const version = 3
  const ranges = [[4, 9]]
  const lines = JSON.stringify({
    v: 1,
    lines: [{ type: 'message', seq: 4, at: 1, payload: { v: 1, kind: 'text', text: 'hi' } }],
  })
  const index = JSON.stringify({ v: 1, n: 5, segments: [], revoked: [], chats: {} })
  // Without compression the bytes are the same with each version of the library.
  const stored = (json: string) => deflateRawSync(utf8(json), { level: 0 })
  return {
    description:
      'accountKey and deviceKey are HKDF-SHA256(account private key, no salt, label, 32 bytes). Everything sealed is nonce (12), AES-256-GCM ciphertext, tag (16), with a compact JSON array as associated data. Index and segment are JSON, compressed by raw DEFLATE (here as stored blocks), behind their length in 4 bytes (big endian), with zeros up to 512 bytes.',
    labels: { account: accountLabel, device: deviceLabel },
    accountPrivate: hex(accountPrivate),
    accountKey: hex(accountKey),
    deviceKey: hex(deviceKey),
    backupKey: hex(backupKey),
    ...{ userId, deviceId, generation, version, segment, conversation, ranges, index, lines },
    sealedForAccount: seal(accountKey, 'account', backupKey, ['fastchat/v1/backup-key', userId, generation, '']),
    sealedForDevice: seal(deviceKey, 'device', backupKey, ['fastchat/v1/backup-key', userId, generation, deviceId]),
    sealedIndex: seal(backupKey, 'index', padded(stored(index)), [
      'fastchat/v1/backup-index',
      userId,
      generation,
      version,
    ]),
    sealedSegment: seal(backupKey, 'segment', padded(stored(lines)), [
      'fastchat/v1/backup-segment',
      userId,
      generation,
      segment,
      conversation,
      ranges,
    ]),
  }
}

function padded(contents: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(contents.length)
  return Buffer.concat([length, contents, Buffer.alloc(leastBytes - length.length - contents.length)])
}

function seal(key: Buffer, name: string, plaintext: Buffer, associated: readonly unknown[]): string {
  const nonce = keyNamed(`backup nonce ${name}`).subarray(0, 12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(utf8(JSON.stringify(associated)))
  return hex(Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))
}
