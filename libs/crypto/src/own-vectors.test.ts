import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import {
  type BackupSegmentId,
  type ConversationId,
  type DeviceId,
  type GroupNo,
  type Roster,
  sessionProofText,
  type UserId,
} from '@fastchat/schema'
import { describe, expect, test } from 'vitest'
import {
  deriveRecordKeys,
  deriveSecrets,
  deriveStateKey,
  type KdfParams,
  openAccountState,
  openDeviceLabel,
  openOwnRecord,
  openRecoveryCopy,
  openVault,
  recordName,
  recoverySecrets,
  sealDeviceLabel,
  signName,
  signPasswordNote,
  signRevocation,
  signSessionProof,
} from './account/index.ts'
import { chunkNonce } from './attachment/chunks.ts'
import { ciphertextSize, decryptAttachment } from './attachment/index.ts'
import {
  deriveBackupAccountKey,
  deriveBackupDeviceKey,
  openBackupIndex,
  openBackupKey,
  openSegment,
} from './backup/index.ts'
import { signCredential } from './mls/index.ts'
import { maxPlaintextBytes, paddedLength } from './mls/padding.ts'
import { credentialSignedBytes, encodeIdentity, verifyCredential } from './verify/credential.ts'
import { groupIdOf, parseGroupId } from './verify/group-id.ts'
import { leaveSignedBytes, verifyLeave } from './verify/leave.ts'
import { nameSignedBytes, verifyNameSignature } from './verify/name-statement.ts'
import { passwordNoteSignedBytes, verifyPasswordNote } from './verify/password-note.ts'
import { revocationSignedBytes, verifyRevocation } from './verify/revocation.ts'
import { decodeRoster, encodeRoster, rosterExtensionType } from './verify/roster.ts'
import { isSignedBy } from './verify/signature.ts'
import { decodeVotes, encodeVotes, isVoteSigned, voteSignedBytes } from './verify/vote.ts'

/** OpenSSL made these vectors: see docs/test-vectors. The generator writes the types' form. */
function vectorsOf<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../../docs/test-vectors/${name}.json`), 'utf8')) as T
}
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex')

type Refused = { readonly why: string; readonly bytes: string }

describe('credential', () => {
  const vector = vectorsOf<{
    accountSeed: string
    accountKey: string
    signatureKey: string
    userId: UserId
    deviceId: DeviceId
    signed: string
    signature: string
    identity: string
    refused: { why: string; identity: string }[]
  }>('credential')
  const { userId, deviceId } = vector
  const claims = { userId, deviceId, signatureKey: bytes(vector.signatureKey) }
  const accountKey = bytes(vector.accountKey)

  test('signs these bytes, and gives this signature and identity', () => {
    expect(hex(credentialSignedBytes(claims))).toBe(vector.signed)
    const sig = signCredential(bytes(vector.accountSeed), claims)
    expect(hex(sig)).toBe(vector.signature)
    expect(hex(encodeIdentity({ userId, deviceId, accountKey, sig }))).toBe(vector.identity)
  })

  test('is accepted', async () => {
    const read = await verifyCredential(bytes(vector.identity), claims.signatureKey)
    expect(read).toEqual({ ...claims, accountKey })
  })

  test.each(vector.refused)('with $why is refused', async ({ identity }) => {
    expect(identity).not.toBe(vector.identity)
    await expect(verifyCredential(bytes(identity), claims.signatureKey)).rejects.toThrow()
  })
})

test('name', async () => {
  const { accountSeed, accountKey, userId, username, signed, signature } = vectorsOf<{
    accountSeed: string
    accountKey: string
    userId: UserId
    username: string
    signed: string
    signature: string
  }>('name')
  expect(hex(nameSignedBytes({ userId, username }))).toBe(signed)
  expect(hex(signName(bytes(accountSeed), { userId, username }))).toBe(signature)
  const statement = { userId, username, accountKey: bytes(accountKey) }
  expect(await verifyNameSignature({ ...statement, sig: bytes(signature) })).toBe(true)
  expect(await verifyNameSignature({ ...statement, username: 'bob', sig: bytes(signature) })).toBe(false)
})

test('leave', async () => {
  const vector = vectorsOf<{ transcript: string; signed: string; statement: string }>('leave')
  const claims = await verifyLeave(bytes(vector.statement))
  expect(claims).toMatchObject({ groupNo: 1, epoch: 7, transcript: bytes(vector.transcript) })
  expect(hex(leaveSignedBytes(claims))).toBe(vector.signed)
})

describe('vote', () => {
  const vector = vectorsOf<{
    deviceSeed: string
    signatureKey: string
    conversation: ConversationId
    groupNo: GroupNo
    roster: Roster
    userId: UserId
    deviceId: DeviceId
    signed: string
    votes: string
    refused: { why: string; votes: string }[]
  }>('vote')

  test('signs these bytes, and gives these votes', async () => {
    const { userId, deviceId } = vector
    expect(hex(voteSignedBytes(vector, { userId, deviceId }))).toBe(vector.signed)
    const [vote] = decodeVotes(bytes(vector.votes))
    if (vote === undefined) throw new Error('no vote')
    expect(await isVoteSigned(vector, vote, bytes(vector.signatureKey))).toBe(true)
    expect(hex(encodeVotes([vote]))).toBe(vector.votes)
  })

  test.each(vector.refused)('with $why is refused', ({ votes }) => {
    expect(() => decodeVotes(bytes(votes))).toThrow()
  })
})

describe('password note', () => {
  const vector = vectorsOf<{
    accountSeed: string
    userId: UserId
    version: number
    by: 'recovery'
    signed: string
    note: string
    refused: { why: string; note: string }[]
  }>('password-note')
  const { userId, version, by } = vector

  test('signs these bytes, and gives this note', async () => {
    expect(hex(passwordNoteSignedBytes({ userId, version, by }))).toBe(vector.signed)
    expect(hex(signPasswordNote(bytes(vector.accountSeed), { userId, version, by }))).toBe(vector.note)
    expect(await verifyPasswordNote(bytes(vector.note))).toMatchObject({ userId, version, by })
  })

  test.each(vector.refused)('with $why is refused', async ({ note }) => {
    expect(note).not.toBe(vector.note)
    await expect(verifyPasswordNote(bytes(note))).rejects.toThrow()
  })
})

describe('revocation', () => {
  const vector = vectorsOf<{
    accountSeed: string
    userId: UserId
    deviceId: DeviceId
    signed: string
    statement: string
    refused: { why: string; statement: string }[]
  }>('revocation')
  const { userId, deviceId } = vector

  test('signs these bytes, and gives this statement', async () => {
    expect(hex(revocationSignedBytes({ userId, deviceId }))).toBe(vector.signed)
    expect(hex(signRevocation(bytes(vector.accountSeed), { userId, deviceId }))).toBe(vector.statement)
    expect(await verifyRevocation(bytes(vector.statement))).toMatchObject({ userId, deviceId })
  })

  test.each(vector.refused)('with $why is refused', async ({ statement }) => {
    expect(statement).not.toBe(vector.statement)
    await expect(verifyRevocation(bytes(statement))).rejects.toThrow()
  })
})

test('session proof', async () => {
  const vector = vectorsOf<{
    deviceSeed: string
    signatureKey: string
    enrolToken: string
    signed: string
    proof: string
  }>('session-proof')
  expect(hex(new TextEncoder().encode(sessionProofText(vector.enrolToken)))).toBe(vector.signed)
  expect(hex(signSessionProof(bytes(vector.deviceSeed), vector.enrolToken))).toBe(vector.proof)
  expect(await isSignedBy(bytes(vector.signatureKey), bytes(vector.signed), bytes(vector.proof))).toBe(true)
})

describe('roster', () => {
  const vectors = vectorsOf<{
    extensionType: number
    accepted: { roster: Roster; bytes: string }[]
    refused: Refused[]
  }>('roster')

  test('has this extension type', () => expect(rosterExtensionType).toBe(vectors.extensionType))

  test.each(vectors.accepted)('$roster is read and written', ({ roster, bytes: encoded }) => {
    expect(hex(encodeRoster(roster))).toBe(encoded)
    expect(decodeRoster(bytes(encoded))).toEqual(roster)
  })

  test.each(vectors.refused)('with $why is refused', ({ bytes: encoded }) =>
    expect(() => decodeRoster(bytes(encoded))).toThrow(),
  )
})

describe('group id', () => {
  const vectors = vectorsOf<{
    accepted: { conversation: ConversationId; groupNo: GroupNo; bytes: string }[]
    refused: Refused[]
  }>('group-id')

  test.each(vectors.accepted)('of group $groupNo', ({ conversation, groupNo, bytes: encoded }) => {
    expect(hex(groupIdOf(conversation, groupNo))).toBe(encoded)
    expect(parseGroupId(bytes(encoded))).toEqual({ conversation, groupNo })
  })

  test.each(vectors.refused)('with $why is refused', ({ bytes: encoded }) =>
    expect(() => parseGroupId(bytes(encoded))).toThrow(),
  )
})

describe('password', () => {
  const vectors = vectorsOf<{
    kdf: KdfParams
    accepted: { password: string; salt: string; loginValue: string; vaultKey: string }[]
  }>('password')

  test.each(vectors.accepted)('$password', async ({ password, salt, loginValue, vaultKey }) => {
    const secrets = await deriveSecrets({ password, salt: bytes(salt), params: vectors.kdf })
    expect(secrets.loginValue).toBe(loginValue)
    expect(hex(secrets.vaultKey)).toBe(vaultKey)
  })
})

describe('vault', () => {
  const vectors = vectorsOf<{
    vaultKey: string
    accountPrivate: string
    accepted: { userId: UserId; version: number; hasState: boolean; sealed: string }[]
    refused: { why: string; userId: UserId; version: number; sealed: string }[]
  }>('vault')
  const open = ({ userId, version, sealed }: (typeof vectors.refused)[number] | (typeof vectors.accepted)[number]) =>
    openVault({ vaultKey: bytes(vectors.vaultKey), userId, version, sealed: bytes(sealed) })

  test.each(vectors.accepted)('version $version opens', async (vector) => {
    const { accountPrivate, hasState } = await open(vector)
    expect(hex(accountPrivate)).toBe(vectors.accountPrivate)
    expect(hasState).toBe(vector.hasState)
  })

  test.each(vectors.refused)('$why does not open', async (vector) => {
    await expect(open(vector)).rejects.toThrow()
  })
})

describe('recovery key', () => {
  const vectors = vectorsOf<{
    loginValue: string
    verifier: string
    copyKey: string
    accepted: string[]
    refused: { why: string; key: string }[]
    accountPrivate: string
    userId: UserId
    version: number
    sealed: string
  }>('recovery')

  test.each(vectors.accepted)('%s', async (key) => {
    const { loginValue, verifier, copyKey } = recoverySecrets(key)
    expect([loginValue, verifier, hex(copyKey)]).toEqual([vectors.loginValue, vectors.verifier, vectors.copyKey])
    const { userId, version, sealed } = vectors
    const { accountPrivate, hasState } = await openRecoveryCopy({ copyKey, userId, version }, bytes(sealed))
    expect([hex(accountPrivate), hasState]).toEqual([vectors.accountPrivate, true])
  })

  test.each(vectors.refused)('$why is refused', ({ key }) => expect(() => recoverySecrets(key)).toThrow())
})

test('account state', async () => {
  const vector = vectorsOf<{
    accountPrivate: string
    stateKey: string
    userId: UserId
    version: number
    state: string
    sealed: string
  }>('account-state')
  const { userId, version, state } = vector
  const stateKey = deriveStateKey(bytes(vector.accountPrivate))
  expect(hex(stateKey)).toBe(vector.stateKey)
  const opened = await openAccountState({ stateKey, userId, version }, bytes(vector.sealed))
  expect(new TextDecoder().decode(opened)).toBe(state)
})

test('own record', async () => {
  const vector = vectorsOf<{
    stateKey: string
    userId: UserId
    key: string
    name: string
    version: number
    record: string
    sealed: string
  }>('own-record')
  const { userId, name, version } = vector
  const keys = deriveRecordKeys(bytes(vector.stateKey))
  expect(recordName(keys, vector.key)).toBe(name)
  const opened = await openOwnRecord(keys, { userId, name, version }, bytes(vector.sealed))
  expect(new TextDecoder().decode(opened)).toBe(vector.record)
})

describe('attachment', () => {
  const vectors = vectorsOf<{
    key: string
    accepted: { size: number; nonces: string[]; ciphertextBytes: number; sha256: string; ciphertext?: string }[]
  }>('attachment')

  test.each(vectors.accepted)('of $size bytes has its length and nonces', ({ size, ciphertextBytes, nonces }) => {
    expect(ciphertextSize(size)).toBe(ciphertextBytes)
    expect(nonces.map((_, at) => hex(chunkNonce(at, at === nonces.length - 1)))).toEqual(nonces)
  })

  const short = vectors.accepted.flatMap((one) =>
    one.ciphertext === undefined ? [] : [{ ...one, text: one.ciphertext }],
  )
  test.each(short)('of $size bytes opens', async ({ size, sha256, text }) => {
    const opened = await decryptAttachment({
      ciphertext: bytes(text),
      key: bytes(vectors.key),
      sha256: bytes(sha256),
      size,
    })
    expect([...opened]).toEqual(Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255))
  })
})

test('padding', () => {
  const vectors = vectorsOf<{
    maxPlaintextBytes: number
    accepted: { plaintextBytes: number; paddedBytes: number }[]
  }>('padding')
  expect(maxPlaintextBytes).toBe(vectors.maxPlaintextBytes)
  for (const { plaintextBytes, paddedBytes } of vectors.accepted) expect(paddedLength(plaintextBytes)).toBe(paddedBytes)
})

test('the keys, the index and a segment of a backup agree with OpenSSL’s', async () => {
  type Texts = Record<
    'accountPrivate' | 'accountKey' | 'deviceKey' | 'backupKey' | 'sealedForAccount' | 'sealedForDevice',
    string
  >
  const vector = vectorsOf<
    Texts & {
      userId: UserId
      deviceId: DeviceId
      segment: BackupSegmentId
      conversation: ConversationId
      generation: number
      version: number
      ranges: [number, number][]
      index: string
      lines: string
      sealedIndex: string
      sealedSegment: string
    }
  >('backup')
  const { userId, deviceId, generation, version, segment, conversation, ranges } = vector
  const accountPrivate = bytes(vector.accountPrivate)
  const accountKey = deriveBackupAccountKey(accountPrivate)
  const deviceKey = deriveBackupDeviceKey(accountPrivate, deviceId)
  expect([hex(accountKey), hex(deviceKey)]).toEqual([vector.accountKey, vector.deviceKey])
  const key = await openBackupKey(accountKey, { userId, generation }, bytes(vector.sealedForAccount))
  expect(hex(key)).toBe(vector.backupKey)
  const context = { userId, generation, device: deviceId }
  expect(hex(await openBackupKey(deviceKey, context, bytes(vector.sealedForDevice)))).toBe(vector.backupKey)
  const index = await openBackupIndex(key, { userId, generation, version }, bytes(vector.sealedIndex))
  expect(inflateRawSync(index).toString()).toBe(vector.index)
  const place = { userId, generation, segment, conversation, ranges }
  expect(inflateRawSync(await openSegment(key, place, bytes(vector.sealedSegment))).toString()).toBe(vector.lines)
})

test('a device label opens as in its vector', async () => {
  const vector = vectorsOf<{
    stateKey: string
    userId: UserId
    deviceId: DeviceId
    content: string
    sealed: string
  }>('device-label')
  const { userId, deviceId, content } = vector
  const context = { stateKey: bytes(vector.stateKey), userId, deviceId }
  const opened = await openDeviceLabel(context, bytes(vector.sealed))
  expect(new TextDecoder().decode(opened)).toBe(content)
  expect(await sealDeviceLabel(context, opened)).toHaveLength(bytes(vector.sealed).length)
})
