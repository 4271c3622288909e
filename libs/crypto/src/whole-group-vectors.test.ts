/**
 * Follows the group in docs/test-vectors from its first to its last entry: as the server, and as
 * members with their stored private keys.
 */
import { readFileSync } from 'node:fs'
import {
  type ConversationId,
  type DeviceId,
  type EntryKind,
  type Epoch,
  type GroupNo,
  type Roster,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { expect, test } from 'vitest'
import { decodeChained, extendChain, startChain } from './chain/index.ts'
import { type DeviceIdentity, Group } from './mls/index.ts'
import { groupCheckDigits } from './safety/index.ts'
import { applyCommit } from './verify/apply-commit.ts'
import { readGroupInfo } from './verify/group-info.ts'
import { readCommit } from './verify/handshake.ts'
import { judgeCommit } from './verify/judge-commit.ts'
import { refusalOfInvitation } from './verify/judge-invitation.ts'
import { readKeyPackage } from './verify/key-package.ts'
import { verifyLeave } from './verify/leave.ts'
import { contextHashOf, refusalOfGroupInfo } from './verify/match-group-info.ts'
import { membersOfTree, momentOf, sameMoment, verifyNewGroup } from './verify/public-group.ts'

type State = {
  readonly epoch: Epoch
  readonly groupContext: string
  readonly contextHash: string
  readonly treeHash: string
  readonly confirmedTranscriptHash: string
  readonly interimTranscriptHash: string
  readonly roster: Roster
  readonly leaves: readonly { readonly leafIndex: number; readonly deviceId: DeviceId }[]
  readonly epochAuthenticator: string
  readonly checkDigits: string
}
type Logged = {
  readonly seq: number
  readonly kind: EntryKind
  readonly id: string
  readonly from: DeviceId
  readonly at: number
  readonly envelope: string
  readonly chain: string
  readonly welcome?: string
  readonly groupInfo?: string
  readonly priorContext?: string
  readonly priorTag?: string
  readonly leaves?: UserId
  readonly seen?: { readonly seq: number; readonly c: string }
  readonly plaintext?: string
  readonly payload?: string
  readonly after?: State
}
type Device = { readonly name: string; readonly userId: UserId; readonly deviceId: DeviceId } & Readonly<
  Record<'accountKey' | 'credentialSig' | 'deviceSeed' | 'signatureKey', string>
>
type Packed = {
  readonly ref: string
  readonly keyPackage: string
  readonly initPrivate: string
  readonly leafPrivate: string
}
type Vector = {
  readonly conversation: ConversationId
  readonly groupNo: GroupNo
  readonly devices: readonly Device[]
  readonly keyPackages: Readonly<Record<'ben' | 'cleo', Packed>>
  readonly initialGroupInfo: string
  readonly log: readonly Logged[]
}

const file = new URL('../../../docs/test-vectors/whole-group.json', import.meta.url)
// The cast holds because the generator writes this form.
const { conversation, groupNo, devices, keyPackages, initialGroupInfo, log } = JSON.parse(
  readFileSync(file, 'utf8'),
) as Vector
const bytes = (hex = '') => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex')

test('the log has every kind of entry', () => {
  expect(log.map(({ kind }) => kind).join(' ')).toBe(
    'commit application commit application commit application leave commit application commit application',
  )
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1))
})

test('the public group follows every commit, and each group info belongs to its commit', async () => {
  let group = await verifyNewGroup(readGroupInfo(bytes(initialGroupInfo)))
  let departed: UserId[] = []
  for (const entry of log) {
    if (entry.kind === 'leave') {
      const claims = await verifyLeave(bytes(entry.envelope))
      expect([claims.userId, sameMoment(claims, momentOf(group))]).toEqual([entry.leaves, true])
      departed = [claims.userId]
    }
    if (entry.kind !== 'commit') continue
    const commit = readCommit(bytes(entry.envelope))
    const { handshake } = commit
    const applied = await applyCommit(group, commit, (state, committer) =>
      judgeCommit({ handshake, committer, state, departed, revoked: [], isReplay: true }),
    )
    if (!applied.ok) throw new Error(`${entry.seq}: ${applied.reason}`)
    const { committer } = applied
    expect(committer.deviceId).toBe(entry.from)
    group = applied.group
    const info = readGroupInfo(bytes(entry.groupInfo))
    expect(await refusalOfGroupInfo(group, info, { commit, committer })).toBeUndefined()
    const { context, contextBytes, interimTranscriptHash, roster, tree } = group
    expect({
      epoch: Number(context.epoch),
      groupContext: hex(contextBytes),
      contextHash: hex(contextHashOf(group)),
      treeHash: hex(context.treeHash),
      confirmedTranscriptHash: hex(context.confirmedTranscriptHash),
      interimTranscriptHash: hex(interimTranscriptHash),
      roster,
      leaves: membersOfTree(tree).map(({ leafIndex, deviceId }) => ({ leafIndex, deviceId })),
    }).toEqual({ ...entry.after, epochAuthenticator: undefined, checkDigits: undefined })
    departed = departed.filter((user) => roster.members.some(({ userId }) => userId === user))
  }
})

test('each ref names the key package of its device', async () => {
  for (const [name, { keyPackage, ref }] of Object.entries(keyPackages)) {
    const claims = await readKeyPackage(bytes(keyPackage))
    const { deviceId, userId } = deviceNamed(name)
    expect(claims).toMatchObject({ deviceId, userId, ref: toBase64Url(bytes(ref)) })
  }
})

function deviceNamed(name: string): Device {
  const found = devices.find((device) => device.name === name)
  if (!found) throw new Error(`no device of ${name}`)
  return found
}

function identityOf(name: string): DeviceIdentity {
  const { userId, deviceId, accountKey, credentialSig, deviceSeed, signatureKey } = deviceNamed(name)
  return {
    ...{ userId, deviceId, accountKey: bytes(accountKey), credentialSig: bytes(credentialSig) },
    ...{ signaturePrivate: bytes(deviceSeed), signaturePublic: bytes(signatureKey) },
  }
}

/** Encodes a key package as a device stores it: version, both private keys, public part. */
const privateBytes = ({ initPrivate, leafPrivate, keyPackage }: Packed) =>
  bytes(`01${initPrivate}${leafPrivate}${keyPackage}`)

/** Joins by the Welcome of the commit at a position, and checks who added this device. */
async function join(name: 'ben' | 'cleo', seq: number): Promise<Group> {
  const { envelope, welcome, priorContext, priorTag, from } = log[seq - 1]!
  const own = keyPackages[name]
  const identity = identityOf(name)
  const group = await Group.joinByWelcome({
    ...{ welcome: bytes(welcome), identity, trust: () => true },
    keyPackages: (ref) => (ref === toBase64Url(bytes(own.ref)) ? privateBytes(own) : undefined),
  })
  const invitation = { commit: bytes(envelope), priorContext: bytes(priorContext), priorTag: bytes(priorTag) }
  const invited = await refusalOfInvitation(group.publicGroup, invitation, identity)
  expect(invited).toMatchObject({ inviter: { deviceId: from } })
  return group
}

test.each([
  ['ben', 1, ['to ben', 'to ben and cleo', 'under new keys', 'not to cleo', 'from my phone']],
  ['cleo', 3, ['to ben and cleo', 'under new keys']],
] as const)(
  '%s joins, reads every message and follows every commit while in the group',
  async (name, joinedAt, texts) => {
    let group = await join(name, joinedAt)
    const read: string[] = []
    let departed: UserId[] = []
    let c: Uint8Array = new Uint8Array()
    for (const entry of log.slice(joinedAt - 1)) {
      const { seq, kind, id, from, at, envelope } = entry
      if (seq > joinedAt && group.isMember && kind !== 'leave') {
        const next = await group.process(bytes(envelope), { trust: () => true, departed, revoked: [] })
        group = next.group
        if (next.event.type === 'message') {
          const { plaintext, sender } = next.event
          expect([hex(plaintext), sender.deviceId]).toEqual([entry.plaintext, from])
          const { frame, payload } = decodeChained(plaintext)!
          expect(frame).toMatchObject({ closings: [], voided: 0, seen: { seq: seq - 1 } })
          expect([hex(frame.seen!.c), hex(frame.seen!.c)]).toEqual([hex(c), entry.seen?.c])
          expect(new TextDecoder().decode(payload)).toBe(entry.payload)
          read.push(JSON.parse(entry.payload ?? '').text)
        }
      }
      if (kind === 'leave' && entry.leaves) departed = [entry.leaves]
      if (entry.after && group.isMember) {
        departed = []
        const { epochAuthenticator, epoch, confirmedTranscriptHash } = group
        expect([epoch, hex(epochAuthenticator)]).toEqual([entry.after.epoch, entry.after.epochAuthenticator])
        expect(groupCheckDigits(conversation, epochAuthenticator)).toBe(entry.after.checkDigits)
        expect(hex(group.contextHash)).toBe(entry.after.contextHash)
        expect(hex(await group.externalPub())).toBe(hex(readGroupInfo(bytes(entry.groupInfo)).externalPub))
        c = startChain({ conversation, groupNo, epoch, seq, confirmedTranscriptHash })
      } else c = extendChain(c, { seq, kind, id, from, at, envelope: bytes(envelope) })
      if (group.isMember) expect(hex(c)).toBe(entry.chain)
    }
    expect(read).toEqual(texts)
    expect(group.isMember).toBe(name === 'ben')
  },
)
