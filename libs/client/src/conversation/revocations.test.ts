import { createAccountKey, createKeyPackage, signRevocation } from '@fastchat/crypto'
import { readCommit } from '@fastchat/crypto/verify'
import {
  authOperations,
  type CommitBundle,
  chatOperations,
  type DeviceId,
  fromBase64Url,
  type LogEntry,
  type MessageId,
  type Operation,
  toBase64Url,
} from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { createGroup, createIdentity, Device, newId, Writer } from '../../testing/devices.ts'
import type { LookUp } from '../account/look-up.ts'
import { ServerError } from '../errors.ts'
import { Trouble } from '../trouble.ts'

const [cleoAccount, deeAccount] = [createAccountKey(), createAccountKey()]
const [anaId, benId, deeId] = [createIdentity(), createIdentity(), createIdentity(undefined, deeAccount)]
const cleoId = createIdentity(undefined, cleoAccount)
const nameOf = ({ method, path }: Operation) => `${method} ${path}`

/** An admin, and two users whose device may be revoked. */
let ana: Writer
let cleo: Writer
let dee: Writer
/** A plain member. */
let ben: Device
let bundles: CommitBundle[]
let sends: MessageId[]

beforeEach(async () => {
  const [anas, bens, cleos, dees] = await createGroup([anaId, benId, cleoId, deeId])
  ana = new Writer(anaId, anas!)
  cleo = new Writer(cleoId, cleos!)
  dee = new Writer(deeId, dees!)
  ben = await new Device(benId).begin({}, bens)
  bundles = []
  sends = []
  ben.answers[nameOf(chatOperations.commit)] = ({ body }) => {
    bundles.push(body as CommitBundle)
    return {}
  }
  ben.answers[nameOf(chatOperations.welcome)] = noWelcome
  ben.answer = async (frame) => (frame.t === 'send' ? { seq: 1_000 + sends.push(frame.id), at: 1 } : {})
})

const noWelcome = () => {
  throw new ServerError('not_found', 'not_found', {}, 0)
}
const revocation = (account = cleoAccount, device: { userId: typeof cleoId.userId; deviceId: DeviceId } = cleoId) =>
  signRevocation(account.accountPrivate, device)
const revokes = (seq: number, statement = revocation()) => ana.at(seq, 'revocation', statement)
const leafOf = (device: DeviceId) => ana.group.members().find(({ deviceId }) => deviceId === device)?.leafIndex
const isIn = (device: DeviceId) => ben.conversation.group?.members().some(({ deviceId }) => deviceId === device)
const record = () => ben.conversation.record
const removesOf = ({ commit }: CommitBundle) => readCommit(fromBase64Url(commit)).handshake.removes
const inLog = (seq: number, { id, commit }: CommitBundle): LogEntry => ({
  ...ana.at(seq, 'commit', fromBase64Url(commit), id),
  from: benId.deviceId,
})
const say = (text: string) => ben.conversation.outbox.queue(newId(), { v: 1, kind: 'text', text })
const readTo = (seq: number) => eventually(() => expect(record().cursor).toBe(seq))
const codes = () => ben.troubles.flatMap((error) => (error instanceof Trouble ? [error.code] : []))
const lineCodes = () => ben.shown.flatMap(({ event }) => (event?.kind === 'trouble' ? [event.code] : []))

test('a verified revocation is shown, and its device is removed before any message is sent', async () => {
  ben.receive(revokes(1))
  await readTo(1)
  expect(ben.shown).toMatchObject([
    { from: cleoId.userId, device: cleoId.deviceId, event: { kind: 'revoked', users: [cleoId.userId] } },
  ])
  expect(record()).toMatchObject({ status: 'active', revoked: [cleoId.deviceId] })
  await say('without it')
  await eventually(() => expect(bundles).toHaveLength(1))
  expect(removesOf(bundles[0]!)).toEqual([leafOf(cleoId.deviceId)])
  expect(sends).toEqual([])
  ben.receive(inLog(2, bundles[0]!))
  await eventually(() => expect(sends).toHaveLength(1))
  expect(isIn(cleoId.deviceId)).toBe(false)
  expect(record()).toMatchObject({ revoked: [], revokedOut: [cleoId.deviceId] })
  // The user stays a member.
  expect(record().members.map(({ userId }) => userId)).toContain(cleoId.userId)
  expect(ben.kinds).toEqual(['revoked'])
  expect(ben.troubles).toEqual([])
})

test('a revocation is remembered after a restart', async () => {
  ben.receive(revokes(1))
  await readTo(1)
  const again = await ben.again()
  expect(again.conversation.record.revoked).toEqual([cleoId.deviceId])
})

test('any other change also removes the revoked device, even new keys', async () => {
  ben.receive(revokes(1))
  await readTo(1)
  const { groupNo, epoch } = ben.conversation.group!
  ben.conversation.intents.want({ kind: 'update', groupNo, epoch }).catch(() => {})
  await eventually(() => expect(bundles).toHaveLength(1))
  expect(removesOf(bundles[0]!)).toEqual([leafOf(cleoId.deviceId)])
})

test('another member’s commit may remove the revoked device or leave it in the group', async () => {
  ben.receive(revokes(1), await ana.commits(2))
  await readTo(2)
  expect(record()).toMatchObject({ status: 'active', revoked: [cleoId.deviceId] })
  ben.receive(await ana.commits(3, { remove: [leafOf(cleoId.deviceId)!] }))
  await readTo(3)
  expect(record()).toMatchObject({ status: 'active', revoked: [], revokedOut: [cleoId.deviceId] })
  expect(isIn(cleoId.deviceId)).toBe(false)
})

test('a repeated revocation is one line, and an alarm when the device is out', async () => {
  ben.receive(revokes(1), revokes(2), await ana.commits(3, { remove: [leafOf(cleoId.deviceId)!] }), revokes(4))
  await readTo(4)
  expect(ben.kinds).toEqual(['revoked', 'trouble'])
  expect(record()).toMatchObject({ revoked: [], revokedOut: [cleoId.deviceId] })
})

test.each<[string, () => Uint8Array]>([
  ['another account', () => revocation(deeAccount)],
  [
    'another account, about a device that is not its own',
    () => revocation(deeAccount, { ...cleoId, ...userOf(deeId) }),
  ],
  ['the account, about another device', () => revocation(cleoAccount, { ...cleoId, deviceId: newId() })],
  ['the account, about somebody else’s device', () => revocation(cleoAccount, deeId)],
  ['nobody: altered', () => revocation().map((byte, at, all) => (at === all.length - 6 ? byte ^ 3 : byte))],
  ['nobody: no statement', () => new Uint8Array(3)],
])('a revocation by %s changes nothing, and is an alarm', async (_, statement) => {
  ben.receive(revokes(1, statement()))
  await readTo(1)
  expect(lineCodes()).toEqual(['unproven_revocation'])
  expect(codes()).toEqual(['unproven_revocation'])
  expect(record().revoked).toBeUndefined()
  await say('to all')
  await eventually(() => expect(sends).toHaveLength(1))
  expect(bundles).toEqual([])
})

const userOf = ({ userId }: typeof deeId) => ({ userId })

test('a revocation under another account key than the pinned one changes nothing and is an alarm', async () => {
  const trust: LookUp['trust'] = async (claims) => claims.every(({ userId }) => userId !== cleoId.userId)
  ben.lookUp = () => ({ trust, knows: trust, found: new Map() }) as Partial<LookUp> as LookUp
  ben.receive(revokes(1))
  await readTo(1)
  expect(codes()).toEqual(['unproven_revocation'])
  expect(record().revoked).toBeUndefined()
})

test('an unreachable directory decides nothing: the entry is read again', async () => {
  const none: LookUp['trust'] = () => Promise.reject(new ServerError('busy', 'busy', {}, 1))
  const { lookUp } = ben
  ben.lookUp = () => ({ trust: none, knows: none, found: new Map() }) as Partial<LookUp> as LookUp
  ben.receive(revokes(1))
  await eventually(() => expect(ben.troubles).toMatchObject([{ code: 'busy' }]))
  expect(record().cursor).toBe(0)
  ben.lookUp = lookUp
  ben.answered = () => ben.receive(revokes(1))
  await readTo(1)
  expect(record().revoked).toEqual([cleoId.deviceId])
})

test('a message that a device sends after its revocation is not shown, under any sender', async () => {
  ben.receive(await cleo.says(1, 'before'), revokes(2), await cleo.says(3, 'by a thief'))
  await readTo(3)
  expect(ben.texts).toEqual(['before'])
  expect(lineCodes()).toEqual(['revoked_sender'])
  expect(codes()).toEqual(['revoked_sender'])
})

test('a commit that a device makes after its revocation is not followed', async () => {
  const commit = await cleo.commits(2)
  // The entry is fetched once more, in case it was altered on the way.
  ben.answers[nameOf(chatOperations.getMessage)] = () => commit
  ben.receive(revokes(1), commit)
  await readTo(2)
  expect(record()).toMatchObject({ status: 'broken', brokenBy: 'unlawful' })
  expect(ben.conversation.group?.epoch).toBe(1)
})

test('a revoked device is not added again from an old key package', async () => {
  const { roster } = ana.group
  const members = roster.members.filter(({ userId }) => userId !== cleoId.userId)
  const removal = { remove: [leafOf(cleoId.deviceId)!], roster: { ...roster, members } }
  ben.receive(revokes(1), await ana.commits(2, removal))
  await readTo(2)
  const { publicBytes } = await createKeyPackage(cleoId, { lastResort: false, now: Date.now() })
  const keyPackages = [{ deviceId: cleoId.deviceId, keyPackage: toBase64Url(publicBytes) }]
  ben.answers[nameOf(authOperations.claimKeyPackages)] = () => ({ user: undefined, keyPackages })
  ben.conversation.intents.want({ kind: 'add', userIds: [cleoId.userId] }).catch(() => {})
  await eventually(() => expect(bundles).toHaveLength(1))
  expect(readCommit(fromBase64Url(bundles[0]!.commit)).handshake.adds).toEqual([])
})

test('a device that reads its own revocation leaves the group', async () => {
  const own = await new Device(cleoId).begin({}, cleo.group)
  own.answers[nameOf(chatOperations.welcome)] = noWelcome
  own.receive(revokes(1))
  await eventually(() => expect(own.conversation.record.cursor).toBe(1))
  expect(own.conversation.record.status).toBe('removed')
  expect(own.conversation.group).toBeUndefined()
  expect(await own.store.get('groups', own.conversation.id)).toBeUndefined()
  own.receive(await ana.commits(2, { remove: [leafOf(cleoId.deviceId)!] }))
  await eventually(() => expect(own.conversation.record.cursor).toBe(2))
  expect(own.conversation.record.status).toBe('removed')
  expect(own.kinds).toEqual(['revoked'])
})

test('a device that learns its revocation outside the log is out once', async () => {
  const own = await new Device(cleoId).begin({}, cleo.group)
  await own.conversation.revoked()
  await own.conversation.revoked()
  expect(own.conversation.record.status).toBe('removed')
  expect(own.kinds).toEqual(['revoked'])
  const again = await own.again()
  expect(again.conversation.group).toBeUndefined()
  await expect(again.conversation.outbox.queue(newId(), { v: 1, kind: 'text', text: 'x' })).rejects.toMatchObject({
    code: 'not_a_member',
  })
})

/** The revocations that the server wants when it rejects with `commit_first`. */
function pending(revocations: readonly Uint8Array[]): void {
  ben.answers[nameOf(chatOperations.getConversation)] = () => ({
    ...{ groupNo: 1, epoch: 1, members: [], departures: [] },
    revocations: revocations.map(toBase64Url),
  })
  ben.answer = async (frame) => {
    if (frame.t !== 'send') return {}
    if (isIn(cleoId.deviceId)) throw new ServerError('commit_first', 'commit_first', {}, 1)
    return { seq: 1_000 + sends.push(frame.id), at: 1 }
  }
}

test('a device that joined after the entry learns the revocation from the server, with its proof', async () => {
  pending([revocation()])
  await say('without it')
  await eventually(() => expect(bundles).toHaveLength(1))
  expect(removesOf(bundles[0]!)).toEqual([leafOf(cleoId.deviceId)])
  ben.receive(inLog(1, bundles[0]!))
  await eventually(() => expect(ben.conversation.group?.epoch).toBe(2))
  expect(ben.troubles).toEqual([])
})

test.each<[string, string[], () => Uint8Array[]]>([
  ['nothing at all', ['unproven_departure'], () => []],
  ['a statement of another account', ['unproven_revocation'], () => [revocation(deeAccount)]],
  [
    'a statement about another device',
    ['unproven_revocation'],
    () => [revocation(cleoAccount, { ...cleoId, deviceId: newId() })],
  ],
])('a server that rejects a send and shows %s removes no member, and is reported', async (_, expected, shown) => {
  pending(shown())
  await say('to all')
  await eventually(() => expect(codes()).toEqual(expected))
  expect(lineCodes()).toEqual(expected)
  expect(bundles).toEqual([])
  expect(record().revoked ?? []).toEqual([])
})

/**
 * A member removes the device after the entries before it. A device that could not follow asks for
 * these handshakes.
 */
async function showsHandshakes(before: readonly LogEntry[]): Promise<void> {
  const removal = await dee.commits(before.length + 1, { remove: [leafOf(cleoId.deviceId)!] })
  const entries = [...before, removal]
  ben.answers[nameOf(chatOperations.groupInfo)] = () => ({
    ...{ groupNo: 1, epoch: 2 },
    groupInfo: toBase64Url(dee.groupInfo),
  })
  const isAfter = (query: unknown) => (query as { after: number }).after
  ben.answers[nameOf(chatOperations.listMessages)] = (input) => ({
    entries: entries.filter(({ seq }) => seq > isAfter((input as { query?: unknown }).query)),
    lastSeq: 2,
  })
  pending([])
}

test('a device that returns follows the removal of a revoked device by a plain member', async () => {
  await showsHandshakes([revokes(1)])
  ben.receive({ conversation: ben.conversation.id, from: 1, to: 2, reason: 'retention' } as never)
  await eventually(() => expect(bundles).toHaveLength(1))
  expect(bundles[0]?.epoch).toBe(2)
})

test.each<[string, () => LogEntry[]]>([
  ['nothing', () => []],
  ['a statement of another account', () => [revokes(1, revocation(deeAccount))]],
])('it does not follow that removal after %s', async (_, before) => {
  await showsHandshakes(before())
  ben.receive({ conversation: ben.conversation.id, from: 1, to: 2, reason: 'retention' } as never)
  await eventually(() => expect(ben.called).toContain(nameOf(chatOperations.listMessages)))
  await eventually(async () => expect(await ben.store.list('intents')).toEqual([]))
  expect(bundles).toEqual([])
  expect(record().status).toBe('broken')
})
