import { createHash } from 'node:crypto'
import type { JsonObject } from '../docs/json.ts'
import { conversation, deviceId, hex, keyNamed, userIds, utf8 } from './inputs.ts'
import { signerOf } from './signer.ts'

/**
 * Returns the bytes that are signed for a statement: each field after its length in two bytes, big
 * endian.
 */
function signedBytes(...fields: readonly (string | Buffer)[]): Buffer {
  const parts = fields.flatMap((field) => {
    const bytes = typeof field === 'string' ? utf8(field) : field
    return [Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]
  })
  return Buffer.concat(parts)
}

/** Returns the vectors of the account key's signature of a user's name. */
export function name(): JsonObject {
  const accountSeed = keyNamed('account')
  const account = signerOf(accountSeed)
  const [userId] = userIds
  const username = 'ada.l-1815'
  const signed = signedBytes('fastchat name v1', userId, username)
  return {
    description: 'The account key signs `signed`.',
    accountSeed: hex(accountSeed),
    accountKey: hex(account.publicKey),
    userId,
    username,
    signed: hex(signed),
    signature: hex(account.sign(signed)),
  }
}

/**
 * Returns the vectors of the account key's signature of a device, and of the MLS credential
 * identity.
 */
export function credential(): JsonObject {
  const accountSeed = keyNamed('account')
  const deviceSeed = keyNamed('device')
  const account = signerOf(accountSeed)
  const device = signerOf(deviceSeed)
  const [userId] = userIds
  const signed = signedBytes('fastchat device v1', userId, deviceId, device.publicKey)
  const sig = account.sign(signed)
  const accountKey = account.publicKey.toString('base64url')
  const identity = JSON.stringify({ v: 1, userId, deviceId, accountKey, sig: sig.toString('base64url') })
  return {
    description: 'The account key signs `signed`; `identity` is the identity of the MLS basic credential.',
    accountSeed: hex(accountSeed),
    accountKey: hex(account.publicKey),
    deviceSeed: hex(deviceSeed),
    signatureKey: hex(device.publicKey),
    userId,
    deviceId,
    signed: hex(signed),
    signature: hex(sig),
    identity: hex(utf8(identity)),
    refused: [
      { why: 'another order of the keys', identity: hex(utf8(reordered(identity))) },
      { why: 'white space', identity: hex(utf8(identity.replace(',', ', '))) },
      { why: 'an unknown field', identity: hex(utf8(identity.replace('}', ',"x":1}'))) },
      { why: 'another version', identity: hex(utf8(identity.replace('"v":1', '"v":2'))) },
      { why: 'a signature with a bit that stands for nothing', identity: hex(utf8(withSpareBit(identity))) },
    ],
  }
}

const reordered = (identity: string) => identity.replace('"v":1,', '').replace('}', ',"v":1}')
/**
 * The last letter of 64 bytes in base64url carries two bits. The next letter of the alphabet sets
 * an unused bit.
 */
const withSpareBit = (identity: string) =>
  identity.replace(/.(?="}$)/, (letter) => String.fromCharCode(letter.charCodeAt(0) + 1))

/** Returns the vectors of the statement that a user leaves a group at an epoch. */
export function leave(): JsonObject {
  const account = signerOf(keyNamed('account'))
  const deviceSeed = keyNamed('device')
  const device = signerOf(deviceSeed)
  const transcript = keyNamed('transcript')
  const [userId] = userIds
  const [groupNo, epoch] = [1, 7]
  const credentialSig = account.sign(signedBytes('fastchat device v1', userId, deviceId, device.publicKey))
  const fields = [conversation, String(groupNo), String(epoch), transcript, userId, deviceId]
  const signed = signedBytes('fastchat leave v2', ...fields)
  const base64url = (bytes: Buffer) => bytes.toString('base64url')
  const statement = {
    v: 2,
    conversation,
    groupNo,
    epoch,
    transcript: base64url(transcript),
    userId,
    deviceId,
    accountKey: base64url(account.publicKey),
    signatureKey: base64url(device.publicKey),
    credentialSig: base64url(credentialSig),
    sig: base64url(device.sign(signed)),
  }
  return {
    description: 'The device key signs `signed`; `statement` is canonical JSON in UTF-8.',
    deviceSeed: hex(deviceSeed),
    transcript: hex(transcript),
    signed: hex(signed),
    statement: hex(utf8(JSON.stringify(statement))),
  }
}

/** A member votes to replace the admins of a group, and the votes as a commit carries them. */
export function vote(): JsonObject {
  const deviceSeed = keyNamed('device')
  const device = signerOf(deviceSeed)
  const [admin, userId] = userIds
  const groupNo = 1
  const roster = {
    kind: 'group',
    members: [
      { userId: admin, role: 'admin' },
      { userId, role: 'member' },
    ],
  }
  const rosterHash = createHash('sha256').update(JSON.stringify(roster)).digest()
  const signed = signedBytes('fastchat vote v1', conversation, String(groupNo), rosterHash, userId, deviceId)
  const sig = device.sign(signed).toString('base64url')
  const votes = JSON.stringify({ v: 1, votes: [{ userId, deviceId, sig }] })
  return {
    description:
      'The device key signs `signed`; `votes` is the authenticated data of a commit, canonical JSON in UTF-8.',
    deviceSeed: hex(deviceSeed),
    signatureKey: hex(device.publicKey),
    conversation,
    groupNo,
    roster,
    userId,
    deviceId,
    signed: hex(signed),
    votes: hex(utf8(votes)),
    refused: [
      { why: 'no votes', votes: hex(utf8('{"v":1,"votes":[]}')) },
      {
        why: 'two votes of one user',
        votes: hex(utf8(votes.replace('[{', `[${JSON.stringify({ userId, deviceId, sig })},{`))),
      },
      { why: 'white space', votes: hex(utf8(votes.replace(',', ', '))) },
      { why: 'an unknown field', votes: hex(utf8(votes.replace('"v":1', '"v":1,"x":1'))) },
      { why: 'another version', votes: hex(utf8(votes.replace('"v":1', '"v":2'))) },
    ],
  }
}

/** Returns the vectors of the note that an account has another password. */
export function passwordNote(): JsonObject {
  const accountSeed = keyNamed('account')
  const account = signerOf(accountSeed)
  const [userId] = userIds
  const [version, by] = [7, 'recovery']
  const signed = signedBytes('fastchat password note v1', userId, String(version), by)
  const accountKey = account.publicKey.toString('base64url')
  const sig = account.sign(signed).toString('base64url')
  const note = JSON.stringify({ v: 1, userId, version, by, accountKey, sig })
  return {
    description: 'The account key signs `signed`; `note` is canonical JSON in UTF-8.',
    accountSeed: hex(accountSeed),
    userId,
    version,
    by,
    signed: hex(signed),
    note: hex(utf8(note)),
    refused: [
      { why: 'another order of the keys', note: hex(utf8(reordered(note))) },
      { why: 'white space', note: hex(utf8(note.replace(',', ', '))) },
      { why: 'an unknown field', note: hex(utf8(note.replace('}', ',"x":1}'))) },
      { why: 'a signature with a bit that stands for nothing', note: hex(utf8(withSpareBit(note))) },
      { why: 'another version', note: hex(utf8(note.replace('"version":7', '"version":8'))) },
      { why: 'another way', note: hex(utf8(note.replace('recovery', 'password'))) },
    ],
  }
}

/** Returns the vectors of the statement that a device is revoked. */
export function revocation(): JsonObject {
  const accountSeed = keyNamed('account')
  const account = signerOf(accountSeed)
  const [userId] = userIds
  const signed = signedBytes('fastchat revocation v1', userId, deviceId)
  const accountKey = account.publicKey.toString('base64url')
  const sig = account.sign(signed).toString('base64url')
  const statement = JSON.stringify({ v: 1, userId, deviceId, accountKey, sig })
  return {
    description: 'The account key signs `signed`; `statement` is canonical JSON in UTF-8.',
    accountSeed: hex(accountSeed),
    userId,
    deviceId,
    signed: hex(signed),
    statement: hex(utf8(statement)),
    refused: [
      { why: 'another order of the keys', statement: hex(utf8(reordered(statement))) },
      { why: 'white space', statement: hex(utf8(statement.replace(',', ', '))) },
      { why: 'an unknown field', statement: hex(utf8(statement.replace('}', ',"x":1}'))) },
      { why: 'a signature with a bit that stands for nothing', statement: hex(utf8(withSpareBit(statement))) },
      { why: 'another device', statement: hex(utf8(statement.replace('d4"', 'd5"'))) },
      { why: 'the label of another statement', statement: hex(utf8(underLabelOfNames(statement))) },
    ],
  }

  function underLabelOfNames(honest: string): string {
    const other = account.sign(signedBytes('fastchat name v1', userId, deviceId)).toString('base64url')
    return honest.replace(sig, other)
  }
}

/** Returns the vectors of the proof that a registered device still has its key. */
export function sessionProof(): JsonObject {
  const deviceSeed = keyNamed('device')
  const device = signerOf(deviceSeed)
  const enrolToken = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln'
  const signed = utf8(`fastchat session v1\n${enrolToken}`)
  return {
    description: 'The device key signs label, line feed and enrol token.',
    deviceSeed: hex(deviceSeed),
    signatureKey: hex(device.publicKey),
    enrolToken,
    signed: hex(signed),
    proof: hex(device.sign(signed)),
  }
}
