import { createRest, logIn, Trouble, troubleWords } from '@fastchat/client'
import { createKeyPackage, signCredential } from '@fastchat/crypto'
import { forgeJoin, forgePath } from '@fastchat/crypto/testing'
import { chatOperations, type DeviceId, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { storeUnjudged } from '../support/careless-server.ts'
import { password, passwordWork } from '../support/password.ts'
import { deviceOf, Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())
afterEach(() => expect(raisedAlarms.filter(isOfLog)).toEqual([]))

/**
 * Returns true for an alarm about the log itself. Alarms about the members' acts and about groups
 * that nobody can enter are expected here.
 */
const isOfLog = (alarm: string): boolean =>
  ![troubleWords.altered_on_the_way, troubleWords.cannot_enter, troubleWords.other_history].some(({ says }) =>
    alarm.includes(says),
  )

const patience = { timeoutMs: 30_000, everyMs: 50 }

async function groupOfThree() {
  const names = ['ana', 'ben', 'cleo'].map((name) => `${name}-${++turn}`)
  const [ana, ben, cleo] = await Promise.all(
    names.map((name, n) => Person.signUp(stack.url, name, { pod: stack.pod(n % 2) })),
  )
  if (!ana || !ben || !cleo) throw new Error('three people')
  const group = (await ana.client.createGroup('Group', [ben.id, cleo.id])).id
  for (const one of [ana, ben, cleo])
    await eventually(() => expect(one.client.conversation(group).record.status).toBe('active'))
  await ana.send(group, 'before')
  await Promise.all([ben.sees('before'), cleo.sees('before')])
  return { ana, ben, cleo, group }
}

const state = (person: Person, group: Parameters<Person['client']['conversation']>[0]) => {
  const found = person.client.conversation(group).group
  if (!found) throw new Error(`${person.name} has no group`)
  return found
}

/** Returns the bytes with the last bit changed. */
const spoiled = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))

test('after a commit that no device can follow, all devices join again and the chat goes on', async () => {
  const { ana, ben, cleo, group } = await groupOfThree()
  const now = state(ana, group)
  const made = await now.commit({ trust: () => true })
  const body = {
    id: ana.client.newId(),
    groupNo: now.groupNo,
    epoch: now.epoch,
    commit: toBase64Url(spoiled(made.commit)),
    groupInfo: toBase64Url(made.groupInfo),
  }
  await ana.client.api.call(chatOperations.commit, { params: { conversation: group }, body })
  for (const one of [ana, ben, cleo]) {
    await eventually(() => {
      expect(one.client.conversation(group).record.status, one.report()).toBe('active')
      // The spoiled commit, and one from each of the three who join again.
      expect(state(one, group).epoch).toBeGreaterThan(now.epoch + 3)
    }, patience)
  }
  await ben.send(group, 'after')
  await Promise.all([ana.sees('after'), cleo.sees('after')])
  for (const one of [ana, ben, cleo]) {
    expect(one.client.counters.undecryptable).toBe(0)
    // The author cannot be determined. Ana's device recognizes its own commit by its leaf.
    const codes = one.troubles.flatMap((error) => (error instanceof Trouble ? [error.code] : []))
    expect(codes).toEqual(one === ana ? [] : ['altered_on_the_way'])
    // Ben and Cleo had joined once before, added by Ana.
    expect(one.shown.some(({ event, from }) => event?.kind === 'joined' && from === one.id)).toBe(true)
  }
})

test('after a commit that stops all devices from following and joining, the admin starts the next group and members see a line', async () => {
  const { ana, ben, cleo, group } = await groupOfThree()
  const now = state(ana, group)
  const made = await now.commit({ trust: () => true })
  const body = {
    id: ana.client.newId(),
    groupNo: now.groupNo,
    epoch: now.epoch,
    commit: toBase64Url(made.commit),
    groupInfo: toBase64Url(spoiled(made.groupInfo)),
  }
  const params = { conversation: group }
  await expect(ana.client.api.call(chatOperations.commit, { params, body })).rejects.toMatchObject({
    code: 'unlawful_commit',
    details: { reason: 'group_info_other_signer' },
  })
  await storeUnjudged(stack, group, ana, { commit: spoiled(made.commit), groupInfo: spoiled(made.groupInfo) })
  for (const one of [ana, ben, cleo]) {
    await eventually(
      () => expect(one.client.conversation(group).record, one.report()).toMatchObject({ status: 'active', groupNo: 2 }),
      patience,
    )
    expect(one.shown.map(({ event }) => event?.kind)).toContain('restarted')
  }
  await cleo.send(group, 'after')
  await Promise.all([ana.sees('after'), ben.sees('after')])
})

test.each([
  [
    'removal of the admin',
    async ({ ana, ben, group }: Three) => {
      const { roster } = state(ben, group)
      const victim = state(ben, group)
        .members()
        .find(({ userId }) => userId === ana.id)
      if (!victim) throw new Error('ana has no leaf')
      const members = roster.members.filter(({ userId }) => userId !== ana.id)
      return { remove: [victim.leafIndex], roster: { ...roster, members } }
    },
  ],
  [
    'addition of a friend',
    async ({ ben, group }: Three) => {
      const { roster } = state(ben, group)
      const friend = await Person.signUp(stack.url, `dora-${turn}`)
      const { publicBytes } = await createKeyPackage(deviceOf(friend), { lastResort: false, now: Date.now() })
      const members = [...roster.members, { userId: friend.id, role: 'member' as const }]
      return { add: [publicBytes], roster: { ...roster, members } }
    },
  ],
])('a member’s %s is refused, and the other devices ignore it when a careless server stores it', async (_, change) => {
  const three = await groupOfThree()
  const { ana, ben, cleo, group } = three
  const now = state(ben, group)
  const made = await now.commit({ ...(await change(three)), trust: () => true })
  const params = { conversation: group }
  const body = {
    id: ben.client.newId(),
    groupNo: now.groupNo,
    epoch: now.epoch,
    commit: toBase64Url(made.commit),
    groupInfo: toBase64Url(made.groupInfo),
    ...(made.welcome && { welcome: toBase64Url(made.welcome) }),
  }
  await expect(ben.client.api.call(chatOperations.commit, { params, body })).rejects.toMatchObject({
    code: 'admins_only',
  })
  await storeUnjudged(stack, group, ben, made)
  for (const one of [ana, cleo]) {
    await eventually(
      () => expect(one.client.conversation(group).record, one.report()).toMatchObject({ status: 'active', groupNo: 2 }),
      patience,
    )
    expect(one.shown.map(({ event }) => event?.kind)).toEqual(expect.arrayContaining(['broken', 'restarted']))
    expect(one.client.conversation(group).record.members).toHaveLength(3)
  }
  await ana.send(group, 'still here')
  await cleo.sees('still here')
})

test.each([
  [
    'an external join that removes somebody else',
    'unlawful_commit',
    async ({ ana, ben, group }: Three) => {
      const info = await ben.client.api.call(chatOperations.groupInfo, { params: { conversation: group } })
      const victim = state(ana, group)
        .members()
        .find(({ userId }) => userId === ana.id)
      return { by: ben, commit: await forgeJoin(fromBase64Url(info.groupInfo), deviceOf(ben), victim?.signatureKey) }
    },
  ],
  [
    'an update that puts another device on the leaf',
    'credential_invalid',
    async ({ ben, group }: Three) => {
      const { accountPrivate } = await logIn(createRest(stack.url), ben.name, password, passwordWork)
      const { userId, signaturePublic, ...device } = deviceOf(ben)
      const deviceId = ben.client.newId() as string as DeviceId
      const credentialSig = signCredential(accountPrivate, { userId, deviceId, signatureKey: signaturePublic })
      const posing = { ...device, userId, signaturePublic, deviceId, credentialSig }
      return { by: ben, commit: await forgePath(state(ben, group), posing) }
    },
  ],
])('%s: refused by the server, and by each client alone', async (_, code, forge) => {
  const three = await groupOfThree()
  const { ana, cleo, group } = three
  const { by, commit } = await forge(three)
  const { groupNo, epoch } = state(ana, group)
  const { groupInfo } = await state(ana, group).commit({ trust: () => true })
  const body = { id: by.client.newId(), groupNo, epoch, commit: toBase64Url(commit), groupInfo: toBase64Url(groupInfo) }
  const [before] = await stack.sql('select last_seq, epoch from conversation where pub_id = $1', [group])
  await expect(
    by.client.api.call(chatOperations.commit, { params: { conversation: group }, body }),
  ).rejects.toMatchObject({ code })
  expect(await stack.sql('select last_seq, epoch from conversation where pub_id = $1', [group])).toEqual([before])
  await storeUnjudged(stack, group, by, { commit, groupInfo })
  for (const one of [ana, cleo]) {
    await eventually(
      () => expect(one.client.conversation(group).record, one.report()).toMatchObject({ status: 'active', groupNo: 2 }),
      patience,
    )
    expect(one.shown.map(({ event }) => event?.kind)).toContain('broken')
    expect(one.client.conversation(group).record.members).toHaveLength(3)
  }
  await ana.send(group, 'as before')
  await cleo.sees('as before')
})

type Three = Awaited<ReturnType<typeof groupOfThree>>

test('a commit with a changed last bit is still readable', () => {
  expect(spoiled(fromBase64Url('AAAA'))).toEqual(new Uint8Array([0, 0, 1]))
})
