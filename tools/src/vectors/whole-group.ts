import { later, type WallMs } from '@fastchat/clock'
import {
  accountKeyOf,
  type ChainPoint,
  createKeyPackage,
  type DeviceIdentity,
  encodeChained,
  extendChain,
  Group,
  groupCheckDigits,
  signCredential,
  signLeave,
  startChain,
} from '@fastchat/crypto'
import { momentOf, type PublicGroup } from '@fastchat/crypto/verify'
import type { ConversationId, DeviceId, EntryKind, GroupNo, Roster, UserId } from '@fastchat/schema'
import type { Json, JsonObject } from '../docs/json.ts'
import { conversation as conversationId, hex, keyNamed, userIds, utf8 } from './inputs.ts'
import { signerOf } from './signer.ts'

const description = `The whole life of one group, as another implementation can follow it: as the server does, from the public messages
alone, or as Ben's or Cleo's device, with their private keys. Bytes are hex. Each entry of the log has what it brings about: the group
after a commit, or what a message says. Key packages have their private keys: those of the init key and of the leaf, X25519. \`groupInfo\`
and \`welcome\` come with a commit and are not in the log. \`priorContext\` and \`priorTag\` go with a Welcome, which a newcomer checks.`

// The constants have the form of these branded types.
const conversation = conversationId as ConversationId
const groupNo = 1 as GroupNo
const trust = () => true

type Log = {
  readonly madeAt: WallMs
  readonly entries: JsonObject[]
  c: Uint8Array
  seen: ChainPoint | undefined
}

/**
 * Returns the log of a group from its creation: an addition, messages, an update, a leave, a
 * removal, and a device that joins from outside. MLS uses fresh randomness, so each call returns
 * another log. Key packages are valid for 90 days from `madeAt`. A commit adds no expired one; it
 * may be read at any later time.
 */
export async function wholeGroup(madeAt: WallMs): Promise<JsonObject> {
  const [ann, ben, cleo] = ['ann', 'ben', 'cleo'].map((name, at) => deviceNamed(name, name, at)) as [
    Named,
    Named,
    Named,
  ]
  const phone = deviceNamed('ann’s phone', 'ann', 0)
  const packages = { ben: await packageOf(ben, madeAt), cleo: await packageOf(cleo, madeAt) }
  const log: Log = { madeAt, entries: [], c: new Uint8Array(), seen: undefined }

  const alone = await Group.create({ conversation, groupNo, identity: ann.identity, kind: 'group' })
  const created = await alone.commit({ add: [packages.ben.bytes], roster: rosterOf(ann, ben), trust })
  const initialGroupInfo = created.initialGroupInfo ?? new Uint8Array()
  addCommit(log, ann, 'ann creates the group, with ben in it', created, alone)
  let anns = created.pending
  anns = await addMessage(log, ann, anns, 'to ben')

  const added = await anns.commit({ add: [packages.cleo.bytes], roster: rosterOf(ann, ben, cleo), trust })
  addCommit(log, ann, 'ann adds cleo', added, anns)
  anns = await addMessage(log, ann, added.pending, 'to ben and cleo')

  const updated = await anns.commit({ trust })
  addCommit(log, ann, 'ann renews her keys', updated, anns)
  anns = await addMessage(log, ann, updated.pending, 'under new keys')

  const statement = signLeave(cleo.identity, momentOf(anns.publicGroup))
  add(log, cleo, 'leave', statement, { what: 'cleo leaves', leaves: cleo.identity.userId })
  const leaf = anns.members().find(({ userId }) => userId === cleo.identity.userId)
  const remove = leaf ? [leaf.leafIndex] : []
  const removed = await anns.commit({ remove, roster: rosterOf(ann, ben), trust })
  addCommit(log, ann, 'ann removes cleo, who has left', removed, anns)
  anns = await addMessage(log, ann, removed.pending, 'not to cleo')

  const groupInfo = await anns.groupInfo()
  const joined = await Group.joinExternally({ groupInfo, identity: phone.identity, trust })
  addCommit(log, phone, 'ann’s phone joins from outside', joined, undefined)
  await addMessage(log, phone, joined.pending, 'from my phone')

  return {
    description,
    conversation,
    groupNo,
    devices: [ann, phone, ben, cleo].map(({ json }) => json),
    keyPackages: { ben: packages.ben.json, cleo: packages.cleo.json },
    initialGroupInfo: hex(initialGroupInfo),
    log: log.entries,
  }
}

type Named = { readonly identity: DeviceIdentity; readonly json: JsonObject }

function deviceNamed(name: string, user: string, at: number): Named {
  const [accountSeed, deviceSeed] = [keyNamed(`account of ${user}`), keyNamed(`device ${name}`)]
  const userId = userIds[at] as UserId
  const deviceId = `0195f3a0-7c00-7000-8000-0000000d00${name === user ? '0' : '1'}${at}` as DeviceId
  const { publicKey } = signerOf(deviceSeed)
  const credentialSig = signCredential(accountSeed, { userId, deviceId, signatureKey: publicKey })
  const identity = {
    ...{ userId, deviceId, accountKey: accountKeyOf(accountSeed), credentialSig },
    ...{ signaturePrivate: new Uint8Array(deviceSeed), signaturePublic: new Uint8Array(publicKey) },
  }
  const keys = { accountSeed, accountKey: identity.accountKey, deviceSeed, signatureKey: publicKey, credentialSig }
  const inHex = Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, hex(value)]))
  return { identity, json: { name, userId, deviceId, ...inHex } }
}

async function packageOf({ identity }: Named, madeAt: WallMs) {
  const { ref, publicBytes, privateBytes } = await createKeyPackage(identity, { lastResort: false, now: madeAt })
  const keyPackage = hex(publicBytes)
  const [initPrivate, leafPrivate] = [hex(privateBytes.subarray(1, 33)), hex(privateBytes.subarray(33, 65))]
  return { bytes: publicBytes, json: { ref: hex(Buffer.from(ref, 'base64url')), keyPackage, initPrivate, leafPrivate } }
}

/** Returns a roster whose first device belongs to the admin. */
const rosterOf = (...devices: readonly Named[]): Roster => ({
  kind: 'group',
  members: devices.map(({ identity }, at) => ({ userId: identity.userId, role: at === 0 ? 'admin' : 'member' })),
})

type Made = {
  readonly pending: Group
  readonly commit: Uint8Array
  readonly welcome?: Uint8Array
  readonly groupInfo: Uint8Array
}

function addCommit(log: Log, by: Named, what: string, made: Made, before: Group | undefined): void {
  const { pending, commit, welcome, groupInfo } = made
  const { contextBytes, confirmationTag } = before?.publicGroup ?? pending.publicGroup
  const prior = { priorContext: hex(contextBytes), priorTag: hex(confirmationTag) }
  const seq = add(log, by, 'commit', commit, {
    what,
    groupInfo: hex(groupInfo),
    ...(welcome && { welcome: hex(welcome), ...prior }),
    after: stateOf(pending),
  })
  const { epoch, confirmedTranscriptHash } = pending
  log.c = startChain({ conversation, groupNo, epoch, seq, confirmedTranscriptHash })
  log.seen = { seq, c: log.c }
  Object.assign(log.entries.at(-1) ?? {}, { chain: hex(log.c) })
}

/** Adds a message from a member who has read all of the log. */
async function addMessage(log: Log, by: Named, group: Group, text: string): Promise<Group> {
  const payload = utf8(JSON.stringify({ v: 1, kind: 'text', text }))
  const frame = { ...(log.seen && { seen: log.seen }), closings: [], voided: 0 }
  const plaintext = encodeChained(frame, payload)
  const made = await group.encrypt(plaintext)
  const seen: Json = log.seen ? { seq: log.seen.seq, c: hex(log.seen.c) } : null
  add(log, by, 'application', made.envelope, { seen, plaintext: hex(plaintext), payload: payload.toString() })
  return made.group
}

/** Adds an entry to the log. @returns its seq */
function add(log: Log, by: Named, kind: EntryKind, envelope: Uint8Array, more: JsonObject): number {
  const seq = log.entries.length + 1
  const id = `0195f3a0-7d00-7000-8000-0000000e00${String(seq).padStart(2, '0')}`
  const { deviceId: from } = by.identity
  const at = later(log.madeAt, seq)
  if (log.seen !== undefined) log.c = extendChain(log.c, { seq, kind, id, from, at, envelope })
  log.seen &&= { seq, c: log.c }
  log.entries.push({ seq, kind, id, from, at, envelope: hex(envelope), ...more, chain: hex(log.c) })
  return seq
}

function stateOf(group: Group): JsonObject {
  const { publicGroup, epochAuthenticator } = group
  const { context, contextBytes, interimTranscriptHash }: PublicGroup = publicGroup
  return {
    epoch: group.epoch,
    groupContext: hex(contextBytes),
    contextHash: hex(group.contextHash),
    treeHash: hex(context.treeHash),
    confirmedTranscriptHash: hex(context.confirmedTranscriptHash),
    interimTranscriptHash: hex(interimTranscriptHash),
    roster: { kind: group.roster.kind, members: group.roster.members.map(({ userId, role }) => ({ userId, role })) },
    leaves: group.members().map(({ leafIndex, deviceId }) => ({ leafIndex, deviceId })),
    epochAuthenticator: hex(epochAuthenticator),
    checkDigits: groupCheckDigits(conversation, epochAuthenticator),
  }
}
