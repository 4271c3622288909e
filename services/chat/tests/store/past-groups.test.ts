import {
  applyCommit,
  contextHashOf,
  judgeCommit,
  type PublicGroup,
  readCommit,
  readGroupInfo,
  verifyPublicGroup,
} from '@fastchat/crypto/verify'
import { type ConversationId, fromBase64Url, type LogEntry, toBase64Url } from '@fastchat/schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRetention } from '../../src/store/retention.ts'
import { openRestPod } from './rest-pod.ts'
import { bundleOf, rosterOf, startGroup, type TestDevice, trust, welcomed } from './test-device.ts'

const pod = await openRestPod()
afterAll(() => pod.close())

const [ann, ben, cat] = await Promise.all([pod.person(), pod.person(), pod.person()])

type Past = { readonly groupNo: number; readonly epoch: number; readonly seq: number; readonly groupInfo: string }

const ask = (device: TestDevice, conversation: ConversationId, query: string) =>
  device.call('GET', `/v1/conversations/${conversation}/group-info/past?${query}`)

async function past(device: TestDevice, conversation: ConversationId, groupNo: number, epoch: number): Promise<Past> {
  const { status, body } = await ask(device, conversation, `groupNo=${groupNo}&epoch=${epoch}`)
  expect(status).toBe(200)
  return body
}

async function handshakes(device: TestDevice, conversation: ConversationId, after = 0): Promise<LogEntry[]> {
  const path = `/v1/conversations/${conversation}/messages?only=handshakes&after=${after}`
  return ((await device.call('GET', path)).body as { entries: LogEntry[] }).entries
}

async function kept(conversation: ConversationId) {
  const { rows } = await pod.pool.query<{ place: string }>(
    `select concat_ws(' ', p.group_no, p.epoch, p.seq) as place from group_info_past p
     join conversation c on c.id = p.conversation_id where c.pub_id = $1 order by p.group_no, p.epoch`,
    [conversation],
  )
  return rows.map(({ place }) => place)
}

/** Commits the removal of one user by ann. */
function removalOf({ userId }: TestDevice) {
  const group = ann.group!
  const remove = group.members().flatMap((one) => (one.userId === userId ? [one.leafIndex] : []))
  const members = group.roster.members.filter((member) => member.userId !== userId)
  return { remove, roster: { kind: 'group' as const, members }, trust }
}

describe('of a group that has changed often', () => {
  let conversation: ConversationId
  /** Commits by the epoch that each begins. */
  const infos = new Map<number, string>()
  let nextInfo = ''

  // Epochs 2 to 66 begin at the positions of the same number. A message follows, then the first
  // commit of group 2.
  beforeAll(async () => {
    conversation = await startGroup(ann, ben)
    for (let epoch = 2; epoch <= 66; epoch++) infos.set(epoch, (await ann.commit()).bundle.groupInfo)
    await ann.send('a message')
    const roster = rosterOf([ann, 'admin'], [ben, 'member'])
    const { made, bundle, packages } = await ann.prepareGroup(conversation, [ben], { roster, groupNo: 2 })
    expect(await ann.post(conversation, bundle)).toMatchObject({ status: 200, body: { seq: 68 } })
    nextInfo = bundle.groupInfo
    ann.group = made.pending
    await welcomed(ben, made, packages[0]!)
    await ann.commit()
  }, 60_000)

  test('only the group info of each 32nd epoch is kept, from the first on', async () => {
    expect(await kept(conversation)).toEqual(['1 1 1', '1 33 33', '1 65 65', '2 1 68'])
  })

  test.each([
    [1, 1, 1],
    [1, 32, 1],
    [1, 33, 33],
    [1, 64, 33],
    [1, 65, 65],
    [1, 66, 65],
    [1, Number.MAX_SAFE_INTEGER, 65],
  ])('the newest of group %i at or before epoch %i is that of %i', async (groupNo, epoch, found) => {
    const answer = await past(ben, conversation, groupNo, epoch)
    expect(answer).toMatchObject({ groupNo, epoch: found, seq: found })
    if (found > 1) expect(answer.groupInfo).toBe(infos.get(found))
  })

  test('the group info of the next group has its number', async () => {
    const wanted = { groupNo: 2, epoch: 1, seq: 68, groupInfo: nextInfo }
    for (const epoch of [1, 2]) expect(await past(ben, conversation, 2, epoch)).toEqual(wanted)
  })

  test.each([
    ['groupNo=1&epoch=0', 'not_found'],
    ['groupNo=3&epoch=1', 'not_found'],
    [`groupNo=${Number.MAX_SAFE_INTEGER}&epoch=1`, 'not_found'],
    ['groupNo=0&epoch=1', 'bad_request'],
    ['groupNo=1&epoch=-1', 'bad_request'],
    ['groupNo=1&epoch=x', 'bad_request'],
    ['groupNo=1', 'bad_request'],
    ['epoch=1', 'bad_request'],
  ])('%s is answered with %s', async (query, code) => {
    expect(await ask(ben, conversation, query)).toMatchObject({ code })
  })

  test('a new device of a member reaches a later state from one, through all later commits', async () => {
    const second = await ben.secondDevice()
    const { groupInfo, seq, epoch } = await past(second, conversation, 1, 60)
    let known: PublicGroup = await verifyPublicGroup(readGroupInfo(fromBase64Url(groupInfo)))
    let reached = epoch
    for (const { envelope = '', contextHash } of await handshakes(second, conversation, seq)) {
      const commit = readCommit(fromBase64Url(envelope))
      if (commit.handshake.groupNo !== 1) break
      const applied = await applyCommit(known, commit, (state, committer) =>
        judgeCommit({ handshake: commit.handshake, committer, state, departed: [], revoked: [], isReplay: true }),
      )
      if (!applied.ok) throw new Error(applied.reason)
      known = applied.group
      reached++
      expect(toBase64Url(contextHashOf(known))).toBe(contextHash)
    }
    expect(reached).toBe(66)
  })
})

test('of two commits for a kept epoch the accepted one is kept, and its retry changes nothing', async () => {
  const conversation = await startGroup(ann, ben)
  for (let epoch = 2; epoch <= 32; epoch++) await ann.commit()
  const group = ann.group!
  const bundles = [bundleOf(group, await group.commit({ trust })), bundleOf(group, await group.commit({ trust }))]
  const answers = await Promise.all(bundles.map((bundle) => ann.post(conversation, bundle)))
  const winner = bundles[answers.findIndex(({ status }) => status === 200)]!
  expect(answers.map(({ status, code }) => code ?? status).sort()).toEqual([200, 'stale_epoch'])
  expect(await ann.post(conversation, winner)).toMatchObject({ body: { seq: 33, duplicate: true } })
  expect(await kept(conversation)).toEqual(['1 1 1', '1 33 33'])
  expect(await past(ben, conversation, 1, 33)).toMatchObject({ groupInfo: winner.groupInfo })
})

test('a past group info outlives messages, and is deleted with the conversation', async () => {
  const conversation = await startGroup(ann, ben)
  await ann.send('old')
  await pod.pool.query(`update message set created_at = now() - interval '90 days'`)
  const { retire } = createRetention(pod.pool, 45)
  while (await retire());
  const { body } = await ann.call('GET', `/v1/conversations/${conversation}`)
  expect(body).toMatchObject({ floorSeq: 2, lastSeq: 2 })
  expect(await past(ben, conversation, 1, 1)).toMatchObject({ seq: 1 })
  await pod.pool.query('delete from conversation where pub_id = $1', [conversation])
  const { rows } = await pod.pool.query(
    'select from group_info_past p where not exists (select from conversation c where c.id = p.conversation_id)',
  )
  expect(rows).toEqual([])
})

describe('commits and leave statements', () => {
  const seqs = async (device: TestDevice, conversation: ConversationId) =>
    (await handshakes(device, conversation)).map(({ seq }) => seq)
  const single = (device: TestDevice, conversation: ConversationId, seq: number) =>
    device.call('GET', `/v1/conversations/${conversation}/messages/${seq}`)

  test('from before a member joined are shown to them, without messages', async () => {
    const conversation = await startGroup(ann, ben)
    await ann.send('2')
    await ann.commit()
    const dan = await pod.person()
    expect(await single(dan, conversation, 1)).toMatchObject({ code: 'not_found' })
    const own = await dan.keyPackage()
    const roster = rosterOf([ann, 'admin'], [ben, 'member'], [dan, 'member'])
    await ann.commit({ add: [own.publicBytes], roster, trust })
    await ann.send('5')
    for (const device of [dan, await dan.secondDevice(), await ben.secondDevice()]) {
      expect(await seqs(device, conversation)).toEqual([1, 3, 4])
      expect(await single(device, conversation, 1)).toMatchObject({ status: 200, body: { seq: 1, kind: 'commit' } })
      expect(await single(device, conversation, 2)).toMatchObject({ code: 'not_found' })
    }
  })

  test('too large for a page come whole, one by one', async () => {
    const conversation = await startGroup(ann, ben)
    await pod.pool.query(
      `update message set envelope = envelope || repeat('x', 20000)::bytea
       where conversation_id = (select id from conversation where pub_id = $1)`,
      [conversation],
    )
    const second = await ben.secondDevice()
    const [listed] = await handshakes(second, conversation)
    expect(listed).toMatchObject({ seq: 1, size: expect.any(Number) })
    const { body } = await single(second, conversation, 1)
    expect(fromBase64Url((body as LogEntry).envelope ?? '')).toHaveLength(listed!.size!)
  })

  test('are shown to a former member within the interval of their leaf', async () => {
    const conversation = await startGroup(ann, ben)
    await ann.commit()
    const own = await cat.keyPackage()
    const roster = rosterOf([ann, 'admin'], [ben, 'member'], [cat, 'member'])
    const made = await ann.group!.commit({ add: [own.publicBytes], roster, trust })
    expect(await ann.post(conversation, bundleOf(ann.group!, made))).toMatchObject({ status: 200 })
    ann.group = made.pending
    await welcomed(cat, made, own)
    expect(await seqs(cat, conversation)).toEqual([1, 2, 3])
    expect(await cat.leave(conversation)).toMatchObject({ status: 200 })
    const [device, second] = [cat, await cat.secondDevice()]
    expect(await seqs(device, conversation)).toEqual([3, 4])
    expect(await seqs(second, conversation)).toEqual([])
    expect(await single(device, conversation, 2)).toMatchObject({ code: 'not_found' })
    await ann.commit(removalOf(cat))
    await ann.commit()
    expect(await seqs(device, conversation)).toEqual([3, 4, 5])
    expect(await single(device, conversation, 2)).toMatchObject({ code: 'not_found' })
    expect(await single(device, conversation, 6)).toMatchObject({ code: 'not_found' })
    expect(await handshakes(second, conversation)).toBeUndefined()
  })

  test('after a removal are not shown, even if the roster was read before it', async () => {
    const conversation = await startGroup(ann, ben, cat)
    const before = await pod.store.conversations.standing(cat.session, conversation)
    await ann.commit(removalOf(cat))
    await ann.commit()
    const page = { after: 0, maxEntries: 10, only: 'handshakes' } as const
    const entries = await pod.store.conversations.entries(cat.session, before!, page)
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2])
    expect(await pod.store.conversations.entry(cat.session, before!, 3)).toBeUndefined()
  })
})
