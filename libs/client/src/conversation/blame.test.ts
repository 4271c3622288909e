/**
 * These tests are about a commit that a device cannot follow: when its author is named, and when
 * not.
 */
import { CannotProcess, Group } from '@fastchat/crypto'
import { flipped, forgeConfirmationTag, forgeGroupInfo, forgePathFor } from '@fastchat/crypto/testing'
import { readCommit } from '@fastchat/crypto/verify'
import { chatOperations, type LogEntry, type Operation, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { ServerError, Unreachable } from '../errors.ts'
import { blameFor } from './blame.ts'

const [anaId, benId, cleoId] = [createIdentity(), createIdentity(), createIdentity()]
const nameOf = ({ method, path }: Operation) => `${method} ${path}`
const { getMessage, groupInfo } = chatOperations
const trust = () => true
const refuse = () => {
  throw new ServerError('forbidden', 'No', {}, 0)
}

/** Ana is the admin. Ben is the author of the faulty commit, or is made to look like it. */
let ana: Device
let ben: Writer
/** The entry that the server has at position 1. */
let stored: Uint8Array
let offered: Uint8Array

beforeEach(async () => {
  const [anas, bens] = await createGroup([anaId, benId, cleoId])
  ana = serve(await new Device(anaId).begin({}, anas))
  ben = new Writer(benId, bens!)
})

function serve(device: Device): Device {
  // The ways back into the group end here; other tests cover them.
  device.answers[nameOf(chatOperations.getConversation)] = refuse
  device.answers[nameOf(chatOperations.listMessages)] = refuse
  device.answers[nameOf(chatOperations.welcome)] = refuse
  device.answers[nameOf(getMessage)] = () => ben.at(1, 'commit', stored)
  device.answers[nameOf(groupInfo)] = () => ({ groupNo: 1, epoch: 2, groupInfo: toBase64Url(offered) })
  return device
}

/**
 * Ben's commit as it arrives and as the server has it, and the group info that the server offers.
 */
function arrives(commit: Uint8Array, rest: { stored?: Uint8Array; offered: Uint8Array }, device = ana): void {
  stored = rest.stored ?? commit
  offered = rest.offered
  device.receive(ben.at(1, 'commit', commit))
}

const calls = (operation: Operation, device = ana) => device.called.filter((name) => name === nameOf(operation)).length
/** The report of a failed way back into the group; other tests cover it. */
const waysBack: readonly string[] = ['cannot_enter', 'other_history']
const troubles = (device = ana) =>
  device.shown.flatMap(({ event, from, device: author }) =>
    event?.kind === 'trouble' && !waysBack.includes(event.code)
      ? [{ code: event.code, from, device: author, mayRemove: event.mayRemove }]
      : [],
  )
const isRead = (device = ana) => eventually(() => expect(device.conversation.record.cursor).toBe(1), { everyMs: 5 })
const altered = { code: 'altered_on_the_way', from: undefined, device: undefined, mayRemove: undefined }
const named = { code: 'unfollowable_commit', from: benId.userId, device: benId.deviceId, mayRemove: true }
const tagBytes = 33

test('an altered commit is fetched once more and followed, and no member is blamed', async () => {
  const { envelope } = await ben.commits(1)
  const bytes = Uint8Array.from(Buffer.from(envelope!, 'base64url'))
  arrives(flipped(bytes), { stored: bytes, offered: ben.groupInfo })
  await isRead()
  ana.receive(await ben.says(2, 'after'))
  await eventually(() => expect(ana.texts).toEqual(['after']))
  expect(troubles()).toEqual([altered])
  expect(ana.troubles).toMatchObject([{ code: 'altered_on_the_way', details: { seq: 1, from: undefined } }])
  expect([calls(getMessage), calls(groupInfo)]).toEqual([1, 0])
  expect(ana.conversation.record).toMatchObject({ status: 'active', lawful: { epoch: 2 } })
})

test.each<[string, (commit: Uint8Array, by: Group) => Promise<Uint8Array>]>([
  ['membership tag', async (commit) => flipped(commit)],
  ['confirmation tag', async (commit) => flipped(commit, 1 + tagBytes)],
  ['signature', async (commit) => flipped(commit, 1 + 2 * tagBytes)],
  ['confirmation tag, by the server and a member', async (commit, by) => await forgeConfirmationTag(by, commit)],
])('a commit with another %s is entered anew, and its innocent author is not named', async (_, alter) => {
  const made = await ben.group.commit({ trust })
  arrives(await alter(made.commit, ben.group), { offered: made.groupInfo })
  await isRead()
  expect(troubles()).toEqual([altered])
  expect(ana.conversation.record).toMatchObject({ status: 'broken', brokenBy: 'unreadable' })
  await eventually(() => expect(calls(groupInfo)).toBeGreaterThan(0))
  expect(calls(getMessage)).toBe(1)
})

test('path secrets that this device cannot open name their author, and an admin may remove the author', async () => {
  const { commit, groupInfo: own } = await forgePathFor(ben.group, 0)
  arrives(commit, { offered: own })
  await isRead()
  expect(troubles()).toEqual([named])
  const [told] = ana.troubles
  expect(told).toMatchObject({ code: 'unfollowable_commit', details: { from: benId.userId, device: benId.deviceId } })
  expect(told?.message).toContain(`fastchat group remove GROUP ${benId.userId}`)
  expect(ana.conversation.record.members.map(({ userId }) => userId)).toContain(benId.userId)
})

test('only an admin is offered to remove the author', async () => {
  const [, bens, cleos] = await createGroup([anaId, benId, cleoId])
  ben = new Writer(benId, bens!)
  const cleo = serve(await new Device(cleoId).begin({}, cleos))
  const { commit, groupInfo: own } = await forgePathFor(ben.group, 2)
  arrives(commit, { offered: own }, cleo)
  await isRead(cleo)
  expect(troubles(cleo)).toEqual([{ ...named, mayRemove: undefined }])
  expect(cleo.troubles[0]?.message).not.toContain('remove')
})

test('a user gets no offer to remove themselves for a commit of their other device', async () => {
  const { commit, groupInfo: own } = await forgePathFor(ben.group, 0)
  offered = own
  const entry = ben.at(1, 'commit', commit)
  const view = { record: ana.conversation.record, group: ana.conversation.group }
  const failure = await ana.conversation.group!.process(commit, { trust, departed: [], revoked: [] }).catch((e) => e)
  if (!(failure instanceof CannotProcess)) throw new Error('followed')
  const as = (identity: typeof anaId) => blameFor({ ...ana.context, identity }, view, entry, failure)
  expect((await as(anaId))?.event).toEqual({ kind: 'trouble', code: 'unfollowable_commit', mayRemove: true })
  const { committer } = failure.unfollowed!
  Object.assign(committer, { userId: anaId.userId })
  expect((await as(anaId))?.event).toEqual({ kind: 'trouble', code: 'unfollowable_commit' })
})

test('a bad confirmation tag that its author signed in the group info names the author', async () => {
  const made = await ben.group.commit({ trust })
  const commit = await forgeConfirmationTag(ben.group, made.commit)
  const { confirmationTag } = readCommit(commit)
  arrives(commit, { offered: await forgeGroupInfo(ben.group, made.groupInfo, { confirmationTag }) })
  await isRead()
  expect(troubles()).toEqual([named])
})

test('a bad confirmation tag in a group info of another member does not name the author', async () => {
  const made = await ben.group.commit({ trust })
  const commit = await forgeConfirmationTag(ben.group, made.commit)
  const { confirmationTag } = readCommit(commit)
  const [, , cleos] = await createGroup([anaId, benId, cleoId])
  arrives(commit, { offered: await forgeGroupInfo(cleos!, made.groupInfo, { confirmationTag, signer: 2 }) })
  await isRead()
  expect(troubles()).toEqual([altered])
})

test('when the group has moved on, a bad path still names its author, and a bad tag does not', async () => {
  const made = await ben.group.commit({ trust })
  const later = (await made.pending.commit({ trust })).groupInfo
  arrives((await forgePathFor(ben.group, 0)).commit, { offered: later })
  await isRead()
  expect(troubles()).toEqual([named])

  const again = serve(await new Device(anaId).begin({}, ana.conversation.group!))
  arrives(await forgeConfirmationTag(ben.group, made.commit), { offered: later }, again)
  await isRead(again)
  expect(troubles(again)).toEqual([altered])
})

test('a device that joins from outside is never named', async () => {
  const before = await ben.group.groupInfo()
  const joined = await Group.joinExternally({ groupInfo: before, identity: benId, trust })
  const commit = flipped(joined.commit)
  const { confirmationTag } = readCommit(commit)
  arrives(commit, { offered: joined.groupInfo })
  await isRead()
  expect(troubles()).toEqual([altered])

  const again = serve(await new Device(anaId).begin({}, ana.conversation.group!))
  arrives(commit, { offered: await forgeGroupInfo(joined.pending, joined.groupInfo, { confirmationTag }) }, again)
  await isRead(again)
  expect(troubles(again)).toEqual([])
})

test('a commit that still fails after the second fetch is judged and not fetched again', async () => {
  const { commit, groupInfo: own } = await forgePathFor(ben.group, 0)
  arrives(flipped(commit), { stored: commit, offered: own })
  await isRead()
  expect(troubles()).toEqual([altered, named])
  expect(calls(getMessage)).toBe(1)

  const again = serve(await new Device(anaId).begin({}, ana.conversation.group!))
  arrives(flipped(commit), { stored: flipped(commit, 2), offered: own }, again)
  await isRead(again)
  expect(troubles(again)).toEqual([altered])
  expect(calls(getMessage, again)).toBe(1)
})

test('a commit waits while the server does not answer, and does not count as altered', async () => {
  const { commit, groupInfo: own } = await forgePathFor(ben.group, 0)
  ana.answers[nameOf(getMessage)] = () => {
    throw new Unreachable('no answer')
  }
  arrives(commit, { offered: own })
  await eventually(() => expect(ana.troubles).toMatchObject([{ name: 'Unreachable' }]))
  expect([ana.shown, ana.conversation.record]).toMatchObject([[], { cursor: 0, status: 'active' }])
  serve(ana)
  await eventually(() => expect(ana.sent).toMatchObject([{ t: 'fetch', after: 0 }]))
  arrives(commit, { offered: own })
  await isRead()
  expect(troubles()).toEqual([named])
})

test('of several commits in a row that cannot be followed, only the first is judged', async () => {
  const { commit, groupInfo: own } = await forgePathFor(ben.group, 0)
  const more = [2, 3, 4].map((seq): LogEntry => ben.at(seq, 'commit', flipped(commit, seq)))
  stored = commit
  offered = own
  ana.receive(ben.at(1, 'commit', commit), ...more)
  await eventually(() => expect(ana.conversation.record.cursor).toBe(4), { everyMs: 5 })
  expect(troubles()).toEqual([named])
  expect(calls(getMessage)).toBe(1)
})
