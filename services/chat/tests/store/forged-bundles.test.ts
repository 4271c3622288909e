// A lying member posts forged parts beside a lawful commit. The server must refuse them and change
// nothing.
import type { Group } from '@fastchat/crypto'
import { forgeCommit, forgeGroupInfo } from '@fastchat/crypto/testing'
import { type CommitBundle, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { afterAll, expect, test } from 'vitest'
import { openRestPod } from './rest-pod.ts'
import { bundleOf, rosterOf, startGroup, type TestDevice, trust } from './test-device.ts'

const pod = await openRestPod()
afterAll(() => pod.close())

const [ann, ben] = await Promise.all([pod.person(), pod.person()])

const memberOf = (device: TestDevice): Group => {
  if (device.group === undefined) throw new Error('not in a group')
  return device.group
}

const lastSeqOf = async (conversation: string) =>
  (await pod.pool.query('select last_seq, epoch from conversation where pub_id = $1', [conversation])).rows[0]

/** Creates Ben's lawful update. The test posts a forged bundle in its place. */
async function benPosts(forge: (lawful: CommitBundle, group: Group) => Promise<Partial<CommitBundle>>) {
  const conversation = await startGroup(ann, ben)
  const group = memberOf(ben)
  const lawful = bundleOf(group, await group.commit({ trust }))
  const before = await lastSeqOf(conversation)
  const answer = await ben.post(conversation, { ...lawful, ...(await forge(lawful, group)) })
  if (answer.status !== 200) expect(await lastSeqOf(conversation)).toEqual(before)
  return { answer, conversation, lawful }
}

const asAdmin = rosterOf([ann, 'member'], [ben, 'admin'])

test('the group info of another commit that makes the member admin is refused', async () => {
  const { answer, conversation, lawful } = await benPosts(async (_, group) => {
    const coup = await group.commit({ roster: asAdmin, trust })
    return { groupInfo: toBase64Url(coup.groupInfo) }
  })
  expect(answer).toMatchObject({
    status: 422,
    code: 'unlawful_commit',
    body: { error: { details: { reason: 'group_info_other_context' } } },
  })
  // The lawful bundle is accepted, so only the group info was refused.
  expect(await ben.post(conversation, lawful)).toMatchObject({ status: 200 })
})

test.each<[string, string, (lawful: CommitBundle, group: Group) => Promise<Partial<CommitBundle>>]>([
  [
    'malformed_handshake',
    'a group info without its tree',
    async ({ groupInfo }, group) => ({
      groupInfo: toBase64Url(await forgeGroupInfo(group, fromBase64Url(groupInfo), { extensions: [] })),
    }),
  ],
  [
    'unlawful_commit',
    'a group info with another confirmation tag',
    async ({ groupInfo }, group) => ({
      groupInfo: toBase64Url(
        await forgeGroupInfo(group, fromBase64Url(groupInfo), { confirmationTag: new Uint8Array(32) }),
      ),
    }),
  ],
  [
    'unlawful_commit',
    'a group info signed by another member',
    async ({ groupInfo }) => ({
      groupInfo: toBase64Url(await forgeGroupInfo(memberOf(ann), fromBase64Url(groupInfo), {})),
    }),
  ],
  [
    'unlawful_commit',
    'a commit that is not signed by its committer',
    async ({ commit }) => ({
      commit: toBase64Url(await forgeCommit(memberOf(ann), fromBase64Url(commit), (contents) => contents)),
    }),
  ],
  [
    'unlawful_commit',
    'a path that leaves a member out',
    async ({ commit }, group) => ({
      commit: toBase64Url(
        await forgeCommit(group, fromBase64Url(commit), (contents) => ({
          ...contents,
          ...(contents.path && {
            path: {
              ...contents.path,
              nodes: contents.path.nodes.map((node) => ({ ...node, encryptedPathSecret: [] })),
            },
          }),
        })),
      ),
    }),
  ],
])('%s: %s', async (code, _, forge) => {
  const { answer, conversation, lawful } = await benPosts(forge)
  expect(answer).toMatchObject({ code })
  expect(await ben.post(conversation, lawful)).toMatchObject({ status: 200 })
})

test('only a new group needs its initial group info, which holds its creator alone', async () => {
  const conversation = await ann.reserveGroup()
  const roster = rosterOf([ann, 'admin'], [ben, 'member'])
  const { bundle } = await ann.prepareGroup(conversation, [ben], { roster })
  const { initialGroupInfo, ...without } = bundle
  if (initialGroupInfo === undefined) throw new Error('no initial group info')
  const other = await ann.prepareGroup(conversation, [ben], { roster })
  const refused = { code: 'malformed_handshake' }
  expect(await ann.post(conversation, without)).toMatchObject(refused)
  expect(await ann.post(conversation, { ...bundle, initialGroupInfo: bundle.groupInfo })).toMatchObject(refused)
  expect(
    await ann.post(conversation, { ...bundle, initialGroupInfo: other.bundle.initialGroupInfo ?? '' }),
  ).toMatchObject({ code: 'unlawful_commit', body: { error: { details: { reason: 'bad_signature' } } } })
  expect(await ann.post(conversation, bundle)).toMatchObject({ status: 200 })
  const later = await startGroup(ann, ben)
  const update = bundleOf(memberOf(ann), await memberOf(ann).commit({ trust }))
  expect(await ann.post(later, { ...update, initialGroupInfo })).toMatchObject(refused)
})

test('a commit is delivered with its external key and context hash', async () => {
  const conversation = await startGroup(ann, ben)
  const answer = await ann.commit()
  expect(answer).toMatchObject({ status: 200 })
  const { body } = await ben.call('GET', `/v1/conversations/${conversation}/messages`)
  const { entries } = body as { entries: { externalPub?: string; contextHash?: string }[] }
  expect(entries).toHaveLength(2)
  for (const entry of entries) {
    expect(fromBase64Url(entry.externalPub ?? '')).toHaveLength(32)
    expect(fromBase64Url(entry.contextHash ?? '')).toHaveLength(32)
  }
  expect(entries[1]?.contextHash).toBe(toBase64Url(memberOf(ann).contextHash))
  expect(entries[1]?.externalPub).toBe(toBase64Url(await memberOf(ann).externalPub()))
  const { frame } = pod.announced.at(-1) ?? {}
  expect(JSON.parse(String(frame))).toMatchObject(entries[1] ?? {})
})
