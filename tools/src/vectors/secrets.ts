import { argon2Sync, createCipheriv, createHash, hkdfSync } from 'node:crypto'
import type { JsonObject } from '../docs/json.ts'
import { hex, keyNamed, userIds, utf8 } from './inputs.ts'

const kdf = { algorithm: 'argon2id', memoryKiB: 65_536, iterations: 3, parallelism: 1 }

/** Returns the vectors of the login value and the vault key, which derive from the password. */
export function password(): JsonObject {
  const passwords = ['correct horse battery staple', 'ｐａｓｓｗｏｒｄ　ﬁｖｅ', 'Zoë’s pässwörd 🗝️']
  return {
    description:
      'master = argon2id(NFKC(password)); login value and vault key are HKDF-SHA256 of it without salt, under the two labels, 32 bytes each. The login value is sent as base64url.',
    kdf,
    labels: { loginValue: 'fastchat/v1/login', vaultKey: 'fastchat/v1/vault' },
    accepted: passwords.map((text) => {
      const salt = keyNamed(text).subarray(0, 16)
      const normalized = text.normalize('NFKC')
      const { memoryKiB: memory, iterations: passes, parallelism } = kdf
      const options = { message: utf8(normalized), nonce: salt, memory, passes, parallelism, tagLength: 32 }
      const master = argon2Sync('argon2id', options)
      const expand = (label: string) => Buffer.from(hkdfSync('sha256', master, '', label, 32))
      return {
        password: text,
        normalized: hex(utf8(normalized)),
        salt: hex(salt),
        master: hex(master),
        loginValue: expand('fastchat/v1/login').toString('base64url'),
        vaultKey: hex(expand('fastchat/v1/vault')),
      }
    }),
  }
}

function gcm(key: Buffer, nonce: Buffer, plaintext: Buffer, aad: Buffer = Buffer.alloc(0)): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(aad)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Returns the vectors of the encrypted account key that the server keeps. */
export function vault(): JsonObject {
  const [userId, other] = userIds
  const vaultKey = keyNamed('vault')
  const accountPrivate = keyNamed('account')
  const nonce = keyNamed('vault nonce').subarray(0, 12)
  const sealed = (version: number, hasState: boolean, mark = hasState ? [1] : []) => {
    const aad = utf8(JSON.stringify(['fastchat/v1/vault', userId, version]))
    return {
      userId,
      version,
      hasState,
      aad: hex(aad),
      sealed: hex(
        Buffer.concat([nonce, gcm(vaultKey, nonce, Buffer.concat([accountPrivate, Buffer.from(mark)]), aad)]),
      ),
    }
  }
  const first = sealed(1, false)
  return {
    description:
      'AES-256-GCM under the vault key; the associated data is the compact JSON array of label, userId and version. The plaintext is the seed, and a byte of 1 behind it when there is an account state. `sealed` is nonce (12), ciphertext, tag (16).',
    vaultKey: hex(vaultKey),
    nonce: hex(nonce),
    accountPrivate: hex(accountPrivate),
    accepted: [first, sealed(2, false), sealed(1, true)],
    refused: [
      { why: "another user's", userId: other, version: 1, sealed: first.sealed },
      { why: 'another version', userId, version: 2, sealed: first.sealed },
      { why: 'another mark', userId, version: 1, sealed: sealed(1, true, [2]).sealed },
      { why: 'cut short', userId, version: 1, sealed: first.sealed.slice(0, -2) },
      {
        why: 'altered',
        userId,
        version: 1,
        sealed: first.sealed.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      },
    ],
  }
}

/** Returns the vectors of the state that the devices of an account share. */
export function accountState(): JsonObject {
  const [userId = '', person = ''] = userIds
  const accountPrivate = keyNamed('account')
  const stateKey = Buffer.from(hkdfSync('sha256', accountPrivate, '', 'fastchat/v1/account-state', 32))
  const nonce = keyNamed('account state nonce').subarray(0, 12)
  const version = 2
  const [pinned, contextHash] = [keyNamed('pinned'), keyNamed('context')].map((key) => key.toString('base64url'))
  const roster = { kind: 'direct', members: [userId, person].map((id) => ({ userId: id, role: 'member' })) }
  const profile = { name: 'Team', seq: 3 }
  const state = JSON.stringify({
    v: 1,
    pins: { [person]: { accountKey: pinned, username: 'bob' } },
    heads: { '0195f3a0-7c00-7000-8000-0000000000c3': { groupNo: 1, epoch: 4, contextHash, roster, profile } },
  })
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(state))
  const contents = Buffer.concat([length, utf8(state)])
  const padded = Buffer.concat([contents, Buffer.alloc(4096 - contents.length)])
  const aad = utf8(JSON.stringify(['fastchat/v1/account-state', userId, version]))
  return {
    description:
      'stateKey = HKDF-SHA256(account private key, no salt, label, 32 bytes). `sealed` is nonce (12), AES-256-GCM ciphertext, tag (16); the associated data is the compact JSON array of label, userId and version. The plaintext is the length of `state` in 4 bytes (big endian), `state` in UTF-8, and zeros up to a multiple of 4096 bytes.',
    label: 'fastchat/v1/account-state',
    accountPrivate: hex(accountPrivate),
    stateKey: hex(stateKey),
    userId,
    version,
    state,
    aad: hex(aad),
    sealed: hex(Buffer.concat([nonce, gcm(stateKey, nonce, padded, aad)])),
  }
}

const chunkBytes = 64 * 1024

/** Returns the vectors of encrypted files. */
export function attachment(): JsonObject {
  const key = keyNamed('attachment')
  return {
    description:
      'Chunks of 65536 bytes, each AES-256-GCM under the nonce: 7 zero bytes, the number of the chunk from 0 in 4 bytes (big endian), 1 for the last chunk and 0 for the others. An empty file has one empty chunk. Byte i of the plaintext is (31 i + floor(i / 256)) mod 256. Of long ciphertexts only the hash is given.',
    key: hex(key),
    accepted: [0, 1, 20, chunkBytes, chunkBytes + 1, 2 * chunkBytes + 5].map((size) => {
      const plaintext = Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255))
      const count = Math.max(1, Math.ceil(size / chunkBytes))
      const nonces = Array.from({ length: count }, (_, at) => {
        const nonce = Buffer.alloc(12)
        nonce.writeUInt32BE(at, 7)
        nonce[11] = at === count - 1 ? 1 : 0
        return nonce
      })
      const chunks = nonces.map((nonce, at) =>
        gcm(key, nonce, plaintext.subarray(at * chunkBytes, (at + 1) * chunkBytes)),
      )
      const ciphertext = Buffer.concat(chunks)
      return {
        size,
        nonces: nonces.map(hex),
        ciphertextBytes: ciphertext.length,
        sha256: hex(createHash('sha256').update(ciphertext).digest()),
        ...(size < 100 && { ciphertext: hex(ciphertext) }),
      }
    }),
  }
}
