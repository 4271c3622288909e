import { momentOf, verifyLeave } from '@fastchat/crypto/verify'
import { type Epoch, fromBase64Url, type GroupNo, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { openRestPod } from './rest-pod.ts'
import { messageId } from './seed.ts'
import { bundleOf, directRosterOf, rosterOf, startGroup, type TestDevice, trust, welcomed } from './test-device.ts'

const pod = await openRestPod()
afterAll(() => pod.close())

const [ann, ben, cat] = await Promise.all([pod.person(), pod.person(), pod.person()])
const leafOf = (device: TestDevice, others: TestDevice) =>
  others.group!.members().find(({ deviceId }) => deviceId === device.deviceId)!.leafIndex

/** Creates a commit by which `by` removes others from the leaves and the roster. */
function removalOf(by: TestDevice, ...gone: TestDevice[]) {
  const members = by.group!.roster.members.filter((member) => gone.every(({ userId }) => userId !== member.userId))
  return { remove: gone.map((one) => leafOf(one, by)), roster: { kind: 'group' as const, members }, trust }
}

/** A rate that gives each user a fixed number in total. */
function budgetOf(most: number) {
  const used = new Map<string, number>()
  const left = (key: string) => most - (used.get(key) ?? 0)
  return {
    left,
    take(key: string, cost = 1) {
      if (left(key) < cost) return 1_000
      used.set(key, (used.get(key) ?? 0) + cost)
      return 0
    },
  }
}

async function leavesOf(conversation: string) {
  const { rows } = await pod.pool.query(
    `select d.pub_id as device, l.leaf_index as leaf, l.from_seq as "from", l.to_seq as "to" from leaf l
     join conversation c on c.id = l.conversation_id join device d on d.id = l.device_id
     where c.pub_id = $1 order by l.from_seq, l.leaf_index`,
    [conversation],
  )
  return rows
}

describe('the first commit', () => {
  test('creates the group with leaves, roster, welcome and group info, and is announced', async () => {
    const conversation = await startGroup(ann, ben, cat)
    expect(await leavesOf(conversation)).toEqual([
      { device: ann.deviceId, leaf: 0, from: 1, to: null },
      { device: ben.deviceId, leaf: 1, from: 1, to: null },
      { device: cat.deviceId, leaf: 2, from: 1, to: null },
    ])
    const { body } = await ben.call('GET', `/v1/conversations/${conversation}`)
    expect(body).toMatchObject({ kind: 'group', groupNo: 1, epoch: 1, lastSeq: 1, leaf: { fromSeq: 1, leafIndex: 1 } })
    expect(pod.announced.at(-1)).toMatchObject({
      conversation,
      seq: 1,
      kind: 'commit',
      delta: { added: [ann, ben, cat].map(({ session }) => session.device), removed: [], kind: 'group', groupNo: 1 },
    })
    expect(await ben.send('hi')).toMatchObject({ ok: true, seq: 2 })
  })

  test('is accepted from one of two users who open the same chat at once', async () => {
    const [a, b] = await Promise.all([ann.reserveDirect(ben), ben.reserveDirect(ann)])
    expect(b.conversation).toBe(a.conversation)
    const roster = directRosterOf(ann, ben)
    const [fromAnn, fromBen] = await Promise.all([
      ann.prepareGroup(a.conversation, [ben], { roster }),
      ben.prepareGroup(a.conversation, [ann], { roster }),
    ])
    const answers = await Promise.all([
      ann.post(a.conversation, fromAnn.bundle),
      ben.post(a.conversation, fromBen.bundle),
    ])
    expect(answers.map(({ status, code }) => code ?? status).sort()).toEqual([200, 'group_exists'])
  })

  test('of a direct chat may only list its two users', async () => {
    const { conversation } = await ann.reserveDirect(cat)
    const roster = directRosterOf(ann, ben)
    const { bundle } = await ann.prepareGroup(conversation, [], { roster })
    expect(await ann.post(conversation, bundle)).toMatchObject({ code: 'unlawful_commit' })
    const alone = await ann.prepareGroup(conversation, [], { roster: directRosterOf(ann) })
    expect(await ann.post(conversation, alone.bundle)).toMatchObject({ code: 'unlawful_commit' })
  })

  test('can’t list a user who does not exist', async () => {
    const conversation = await ann.reserveGroup()
    const ghost = { ...ann, userId: messageId() } as unknown as TestDevice
    const { bundle } = await ann.prepareGroup(conversation, [], { roster: rosterOf([ann, 'admin'], [ghost, 'member']) })
    expect(await ann.post(conversation, bundle)).toMatchObject({ code: 'unlawful_commit' })
  })

  test('may create a chat with oneself', async () => {
    const { conversation } = await ann.reserveDirect(ann)
    const { bundle, made } = await ann.prepareGroup(conversation, [], { roster: directRosterOf(ann) })
    expect(await ann.post(conversation, bundle)).toMatchObject({ status: 200 })
    ann.group = made.pending
    expect(await ann.send('note')).toMatchObject({ ok: true, seq: 2 })
  })
})

describe('later commits', () => {
  test('for the same epoch: exactly one wins', async () => {
    const conversation = await startGroup(ann, ben, cat)
    const made = await Promise.all([ann, ben, cat].map((device) => device.group!.commit({ trust })))
    const bundles = made.map((one) => bundleOf({ groupNo: 1, epoch: 1 }, one))
    const answers = await Promise.all([ann, ben, cat].map((device, n) => device.post(conversation, bundles[n]!)))
    expect(answers.map(({ status, code }) => code ?? status).sort()).toEqual([200, 'stale_epoch', 'stale_epoch'])
  })

  test('are answered again when their ack was lost, even after later commits', async () => {
    const conversation = await startGroup(ann, ben)
    const first = await ann.commit()
    await ann.commit()
    const heard = pod.announced.length
    expect(await ann.post(conversation, first.bundle)).toMatchObject({ body: { seq: 2, epoch: 2, duplicate: true } })
    expect(pod.announced.slice(heard)).toMatchObject([{ conversation, seq: 2, kind: 'commit' }])
    const other = { ...first.bundle, commit: (await ann.commit()).bundle.commit }
    expect(await ann.post(conversation, other)).toMatchObject({ code: 'conflict' })
  })

  test('are not acked when the database warns, and a retry is', async () => {
    const conversation = await startGroup(ann, ben)
    const bundle = bundleOf({ groupNo: 1, epoch: 1 }, await ann.group!.commit({ trust }))
    // An operator who cancels the wait for a synchronous standby causes a warning with the success.
    await pod.pool.query(`
      create function warn() returns trigger language plpgsql as $$ begin raise warning 'might not have been replicated'; return null; end $$;
      create trigger warn after insert on append_feed execute function warn()`)
    expect(await ann.post(conversation, bundle)).toMatchObject({ status: 503, code: 'busy' })
    await pod.pool.query('drop function warn cascade')
    expect(await ann.post(conversation, bundle)).toMatchObject({ body: { seq: 2, duplicate: true } })
  })

  test('that add or remove users need an admin, and a removed device receives its removal as the last entry', async () => {
    const conversation = await startGroup(ann, ben)
    const dan = await pod.person()
    const own = await dan.keyPackage()
    const roster = rosterOf([ann, 'admin'], [ben, 'member'], [dan, 'member'])
    expect(await ben.commit({ add: [own.publicBytes], roster, trust })).toMatchObject({ code: 'admins_only' })
    const made = await ann.group!.commit({ add: [own.publicBytes], roster, trust })
    expect(await ann.post(conversation, bundleOf(ann.group!, made))).toMatchObject({ status: 200 })
    ann.group = made.pending
    await welcomed(dan, made, own)
    expect(pod.announced.at(-1)).toMatchObject({ seq: 2, delta: { added: [dan.session.device], removed: [] } })
    await dan.send('hello')
    const gone = await ann.commit({
      remove: [leafOf(dan, ann)],
      roster: rosterOf([ann, 'admin'], [ben, 'member']),
      trust,
    })
    expect(gone).toMatchObject({ status: 200, body: { seq: 4 } })
    expect(pod.announced.at(-1)).toMatchObject({ seq: 4, delta: { added: [], removed: [dan.session.device] } })
    expect((await leavesOf(conversation)).find(({ device }) => device === dan.deviceId)).toMatchObject({
      from: 2,
      to: 4,
    })
    expect(await dan.send('still here?')).toMatchObject({ code: 'not_found' })
    await ann.send('after')
    const { body } = await dan.call('GET', `/v1/conversations/${conversation}/messages`)
    expect((body as { entries: { seq: number }[] }).entries.map(({ seq }) => seq)).toEqual([2, 3, 4])
    expect(body).toMatchObject({ lastSeq: 4 })
  })

  test('let a roster user join a new device externally, and do no more', async () => {
    const conversation = await startGroup(ann, ben)
    const second = await ben.secondDevice()
    expect((await pod.store.log.memberships(second.session)).invitations).toContainEqual(
      expect.objectContaining({ conversation, join: 'external', groupNo: 1 }),
    )
    expect(await second.joinExternally(conversation)).toMatchObject({ status: 200 })
    expect(await second.send('hi')).toMatchObject({ ok: true })
    expect(await cat.joinExternally(conversation)).toMatchObject({ code: 'not_found' })
    // A second join, as after the loss of its state, replaces its leaf.
    expect(await second.joinExternally(conversation)).toMatchObject({ status: 200 })
    const leaves = (await leavesOf(conversation)).filter(({ device }) => device === second.deviceId)
    expect(leaves).toMatchObject([
      { from: 2, to: 4 },
      { from: 4, to: null },
    ])
    expect((await pod.store.log.memberships(second.session)).invitations).not.toContainEqual(
      expect.objectContaining({ conversation }),
    )
  })

  test('with a wrong key, a foreign or a revoked device are refused', async () => {
    await startGroup(ann, ben)
    const dan = await pod.person()
    const own = await dan.keyPackage()
    const change = { add: [own.publicBytes], roster: rosterOf([ann, 'admin'], [ben, 'member'], [dan, 'member']), trust }
    await pod.pool.query('update device set signature_key = $1 where pub_id = $2', [Buffer.alloc(32), dan.deviceId])
    expect(await ann.commit(change)).toMatchObject({ code: 'credential_invalid' })
    await pod.pool.query('update device set signature_key = $1 where pub_id = $2', [
      dan.identity.signaturePublic,
      dan.deviceId,
    ])
    await pod.pool.query('update "user" set account_key = $1 where pub_id = $2', [Buffer.alloc(32), dan.userId])
    expect(await ann.commit(change)).toMatchObject({ code: 'credential_invalid' })
    await pod.pool.query('update "user" set account_key = $1 where pub_id = $2', [dan.identity.accountKey, dan.userId])
    await dan.revokedBy(ben)
    expect(await ann.commit(change)).toMatchObject({ code: 'unlawful_commit' })
  })

  test('from another user’s leaf are refused', async () => {
    const conversation = await startGroup(ann, ben)
    const made = await ann.group!.commit({ trust })
    expect(await ben.post(conversation, bundleOf(ann.group!, made))).toMatchObject({ code: 'unlawful_commit' })
  })

  test('that differ from the claims of their bundle are refused', async () => {
    const conversation = await startGroup(ann, ben)
    const good = bundleOf(ann.group!, await ann.group!.commit({ trust }))
    const elsewhere = await startGroup(ann, ben)
    const refused = { code: 'malformed_handshake' }
    expect(await ann.post(conversation, { ...good, epoch: 2 as typeof good.epoch })).toMatchObject(refused)
    expect(await ann.post(conversation, { ...good, welcome: good.groupInfo })).toMatchObject(refused)
    expect(await ann.post(conversation, { ...good, commit: toBase64Url(Buffer.from('x')) })).toMatchObject(refused)
    expect(await ann.post(elsewhere, good)).toMatchObject(refused)
    expect(await ann.post(conversation, good)).toMatchObject({ status: 200 })
  })
})

describe('a leave', () => {
  test('stops sends until any member’s commit has removed the leaver', async () => {
    const conversation = await startGroup(ann, ben, cat)
    expect(await cat.leave(conversation)).toMatchObject({ status: 200, body: { seq: 2, duplicate: false } })
    expect(pod.announced.at(-1)).toMatchObject({ conversation, seq: 2, kind: 'leave' })
    expect(await ben.send('hi')).toMatchObject({ code: 'commit_first' })
    expect(await cat.send('hi')).toMatchObject({ code: 'commit_first' })
    expect(await ben.commit()).toMatchObject({ code: 'commit_first' })
    const roster = rosterOf([ann, 'admin'], [ben, 'member'])
    const removal = await ben.commit({ remove: [leafOf(cat, ben)], roster, trust })
    expect(removal).toMatchObject({ status: 200 })
    expect(await ben.send('hi')).toMatchObject({ ok: true, seq: 4 })
    expect(await cat.call('GET', `/v1/conversations/${conversation}`)).toMatchObject({ code: 'not_found' })
  })

  test('still stops sends after an external join, and the joined device may make the commit', async () => {
    const conversation = await startGroup(ann, ben, cat)
    await cat.leave(conversation)
    const second = await ben.secondDevice()
    expect(await second.joinExternally(conversation)).toMatchObject({ status: 200 })
    expect(await second.send('hi')).toMatchObject({ code: 'commit_first' })
    const roster = rosterOf([ann, 'admin'], [ben, 'member'])
    expect(await second.commit({ remove: [leafOf(cat, second)], roster, trust })).toMatchObject({ status: 200 })
    expect(await second.send('hi')).toMatchObject({ ok: true })
  })

  test('of the only admin makes the longest member the next admin, regardless of ids', async () => {
    // The ids ascend from ann to cat.
    const conversation = await startGroup(ann, cat, ben)
    await pod.pool.query(
      `update member set departed_seq = 1 where user_id = (select id from "user" where pub_id = $1)
         and conversation_id = (select id from conversation where pub_id = $2)`,
      [ann.userId, conversation],
    )
    await pod.pool.query('update conversation set pending_ver = 1 where pub_id = $1', [conversation])
    const remove = [leafOf(ann, ben)]
    const first = rosterOf([ben, 'admin'], [cat, 'member'])
    expect(await ben.commit({ remove, roster: first, trust })).toMatchObject({ code: 'unlawful_commit' })
    const second = rosterOf([cat, 'member'], [ben, 'admin'])
    expect(await ben.commit({ remove, roster: second, trust })).toMatchObject({ code: 'admins_only' })
    const roster = rosterOf([cat, 'admin'], [ben, 'member'])
    expect(await ben.commit({ remove, roster, trust })).toMatchObject({ status: 200 })
  })

  test('costs the next committer no budget', async () => {
    const [changes, prunes] = [budgetOf(2), budgetOf(1)]
    const strict = await openRestPod({ changes, prunes })
    try {
      const [eve, fay, gus] = await Promise.all([strict.person(), strict.person(), strict.person()])
      // Eve reserves the conversation and creates the group. That uses up her budget.
      const conversation = await startGroup(eve, fay, gus)
      expect(await eve.commit()).toMatchObject({ code: 'rate_limited' })
      for (const leaver of [fay, gus]) {
        expect(await leaver.leave(conversation, momentOf(eve.group!.publicGroup))).toMatchObject({ status: 200 })
        expect(await eve.commit(removalOf(eve, leaver))).toMatchObject({ status: 200 })
      }
      expect([changes.left(eve.userId), prunes.left(eve.userId)]).toEqual([0, 1])
    } finally {
      await strict.close()
    }
  })

  test('makes neither other removals nor failed attempts free', async () => {
    const [changes, prunes] = [budgetOf(2), budgetOf(4)]
    const strict = await openRestPod({ changes, prunes })
    try {
      const [eve, fay, gus] = await Promise.all([strict.person(), strict.person(), strict.person()])
      const conversation = await startGroup(eve, fay, gus)
      expect(await fay.leave(conversation)).toMatchObject({ status: 200 })
      expect(await eve.commit(removalOf(eve, fay, gus))).toMatchObject({ code: 'rate_limited' })
      // The same commit, except that the second user stays in the roster.
      const { remove } = removalOf(eve, fay, gus)
      expect(await eve.commit({ ...removalOf(eve, fay), remove })).toMatchObject({ code: 'rate_limited' })
      const promoting = rosterOf([eve, 'admin'], [gus, 'admin'])
      expect(await eve.commit({ ...removalOf(eve, fay), roster: promoting })).toMatchObject({ code: 'rate_limited' })
      expect(prunes.left(eve.userId)).toBe(1)
      // The commit is right, but its group info is from another commit.
      const group = eve.group!
      const [due, other] = [await group.commit(removalOf(eve, fay)), await group.commit(removalOf(eve, fay))]
      const mixed = { ...bundleOf(group, due), groupInfo: bundleOf(group, other).groupInfo }
      expect(await eve.post(conversation, mixed)).toMatchObject({ code: 'unlawful_commit' })
      expect(await eve.commit(removalOf(eve, fay))).toMatchObject({ code: 'rate_limited' })
      expect(await gus.commit(removalOf(gus, fay))).toMatchObject({ status: 200 })
    } finally {
      await strict.close()
    }
  })

  test('is accepted once: a retry is a duplicate, and another statement is refused', async () => {
    const conversation = await startGroup(ann, ben)
    const id = messageId()
    expect(await ben.leave(conversation, { id })).toMatchObject({ body: { seq: 2, duplicate: false } })
    expect(await ben.leave(conversation, { id })).toMatchObject({ body: { seq: 2, duplicate: true } })
    expect(await ben.leave(conversation)).toMatchObject({ code: 'forbidden' })
  })

  test('can’t be repeated with an old statement after a return', async () => {
    const conversation = await startGroup(ann, ben, cat)
    const { groupNo, epoch } = cat.group!
    const { transcript } = momentOf(cat.group!.publicGroup)
    await cat.leave(conversation)
    const remove = [leafOf(cat, ben)]
    await ben.commit({ remove, roster: rosterOf([ann, 'admin'], [ben, 'member']), trust })
    ann.group = undefined
    await ann.joinExternally(conversation)
    const own = await cat.keyPackage()
    const roster = rosterOf([ann, 'admin'], [ben, 'member'], [cat, 'member'])
    expect(await ann.commit({ add: [own.publicBytes], roster, trust })).toMatchObject({ status: 200 })
    expect(await cat.leave(conversation, { groupNo, epoch, transcript })).toMatchObject({ code: 'stale_epoch' })
  })

  test('is open to a member whose device is not in the group', async () => {
    const conversation = await startGroup(ann, ben)
    const dan = await pod.person()
    const roster = rosterOf([ann, 'admin'], [ben, 'member'], [dan, 'member'])
    expect(await ann.commit({ roster, trust })).toMatchObject({ status: 200 })
    expect(await dan.leave(conversation, momentOf(ann.group!.publicGroup))).toMatchObject({ status: 200 })
    const { body } = await ann.call('GET', `/v1/conversations/${conversation}`)
    const { departures } = body as { departures: string[] }
    expect(departures).toHaveLength(1)
    expect(await verifyLeave(fromBase64Url(departures[0] ?? ''))).toMatchObject({ userId: dan.userId })
  })

  test('is refused to the last admin while others remain', async () => {
    const conversation = await startGroup(ann, ben)
    expect(await ann.leave(conversation)).toMatchObject({ code: 'last_admin' })
    expect(await ben.leave(conversation)).toMatchObject({ status: 200 })
    expect(await ann.leave(conversation)).toMatchObject({ status: 200 })
  })

  test('is refused for a direct chat, for an old group, and with another user’s statement', async () => {
    const { conversation } = await cat.reserveDirect(ben)
    const { bundle, made } = await cat.prepareGroup(conversation, [], { roster: directRosterOf(ben, cat) })
    await cat.post(conversation, bundle)
    cat.group = made.pending
    expect(await cat.leave(conversation)).toMatchObject({ code: 'direct_fixed' })
    const group = await startGroup(ann, ben, cat)
    const stale = { code: 'stale_epoch' }
    expect(await ben.leave(group, { groupNo: 2 as GroupNo })).toMatchObject(stale)
    expect(await ben.leave(group, { epoch: 0 as Epoch })).toMatchObject(stale)
    expect(await ben.leave(group, { transcript: Buffer.alloc(32) })).toMatchObject(stale)
    const forged = Object.assign(Object.create(ben), {
      identity: { ...ben.identity, signaturePrivate: cat.identity.signaturePrivate },
    })
    expect(await forged.leave(group)).toMatchObject({ code: 'malformed_handshake' })
  })
})

test('a device that is revoked while a commit adds it gets no leaf', async () => {
  const conversation = await startGroup(ann)
  const dan = await pod.person()
  const own = await dan.keyPackage()
  const auth = await pod.pool.connect()
  await auth.query('begin')
  await dan.revokedBy(ben, auth)
  const roster = rosterOf([ann, 'admin'], [dan, 'member'])
  let isAnswered = false
  const answer = ann.commit({ add: [own.publicBytes], roster, trust }).finally(() => {
    isAnswered = true
  })
  await eventually(async () => {
    const { rows } = await pod.pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    expect(isAnswered || rows.length === 1).toBe(true)
  })
  await auth.query('commit')
  auth.release()
  // The answer is `busy` if the revocation took longer than the lock timeout.
  expect(['unlawful_commit', 'busy']).toContain((await answer).code)
  expect(await leavesOf(conversation)).toHaveLength(1)
})

test('an admin starts the next group, which ends all leaves of the group before', async () => {
  const conversation = await startGroup(ann, ben, cat)
  const roster = rosterOf([ann, 'admin'], [ben, 'member'], [cat, 'member'])
  const byMember = await ben.prepareGroup(conversation, [ann], { roster, groupNo: 2 })
  expect(await ben.post(conversation, byMember.bundle)).toMatchObject({ code: 'admins_only' })
  const { bundle, made } = await ann.prepareGroup(conversation, [ben], { roster, groupNo: 2 })
  expect(await ann.post(conversation, bundle)).toMatchObject({ status: 200, body: { seq: 2, epoch: 1 } })
  const devices = [ann, ben, cat].map(({ session }) => session.device)
  expect(pod.announced.at(-1)).toMatchObject({
    delta: {
      added: devices.slice(0, 2),
      removed: devices,
      invited: expect.arrayContaining([cat.session.user]),
      groupNo: 2,
    },
  })
  expect(await ben.send('old group')).toMatchObject({ code: 'stale_epoch' })
  ann.group = made.pending
  expect(await ann.send('new group')).toMatchObject({ ok: true, seq: 3 })
  expect(await cat.joinExternally(conversation)).toMatchObject({ status: 200 })
})

test('the longest member starts the next group after the only admin left, regardless of ids', async () => {
  // The ids ascend from ann to cat, and the database lists members by id.
  const conversation = await startGroup(ann, cat, ben)
  await pod.pool.query(
    `update member set departed_seq = 1 where user_id = (select id from "user" where pub_id = $1)
       and conversation_id = (select id from conversation where pub_id = $2)`,
    [ann.userId, conversation],
  )
  const younger = await ben.prepareGroup(conversation, [cat], {
    roster: rosterOf([cat, 'member'], [ben, 'admin']),
    groupNo: 2,
  })
  expect(await ben.post(conversation, younger.bundle)).toMatchObject({ code: 'unlawful_commit' })
  const heir = await cat.prepareGroup(conversation, [ben], {
    roster: rosterOf([cat, 'admin'], [ben, 'member']),
    groupNo: 2,
  })
  expect(await cat.post(conversation, heir.bundle)).toMatchObject({ status: 200 })
})
