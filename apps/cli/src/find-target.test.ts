import type { ConversationId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { ChatInfo } from './chat/chat.ts'
import { findGroup, findTarget } from './find-target.ts'
import { noService } from './to-cli-error.ts'

const chatOf = (kind: ChatInfo['kind'], name: string, more: Partial<ChatInfo> = {}): ChatInfo => ({
  conversation: `id-of-${name}` as ConversationId, // ids are only compared here
  kind,
  name,
  status: 'active',
  unread: 0,
  readSeq: 0,
  cursor: 0,
  lastAt: 0,
  members: [],
  waiting: 0,
  isMuted: false,
  isArchived: false,
  isPinned: false,
  hasPicture: false,
  policies: { add: 'admins', write: 'everybody' },
  banned: [],
  ...more,
})

const directory = (chats: readonly ChatInfo[], users: readonly string[], isServed = true) => ({
  chats: async () => chats,
  user: async ({ username }: { username: string }) => {
    if (!isServed) throw noService()
    // Ids are only handed on here.
    return users.includes(username) ? { username, userId: `id-of-${username}` as UserId } : null
  },
})

const nameOf = async (found: ReturnType<typeof findTarget>) => {
  const it = await found
  return it.kind === 'chat' ? `${it.chat.kind} ${it.chat.conversation}` : `person ${it.person.username}`
}

test('a name that only one user or group has needs no mark', async () => {
  const chats = [chatOf('direct', 'bob'), chatOf('group', 'Trip')]
  const served = directory(chats, ['bob', 'carol'])
  expect(await nameOf(findTarget(served, 'bob'))).toBe('direct id-of-bob')
  expect(await nameOf(findTarget(served, 'carol'))).toBe('person carol')
  expect(await nameOf(findTarget(served, 'trip'))).toBe('group id-of-Trip')
})

test('a name of a user and of a group is rejected, with the two exact names', async () => {
  const served = directory([chatOf('group', 'trip')], ['trip'])
  const refusal = { exitCode: 64, message: expect.stringMatching(/@trip.*#trip/) }
  await expect(findTarget(served, 'trip')).rejects.toMatchObject(refusal)
  expect(await nameOf(findTarget(served, '@trip'))).toBe('person trip')
  expect(await nameOf(findTarget(served, '#trip'))).toBe('group id-of-trip')
  await expect(
    findTarget(directory([chatOf('direct', 'trip'), chatOf('group', 'trip')], []), 'trip'),
  ).rejects.toMatchObject(refusal)
})

test('two groups with one name are told apart by id, and a group that was left does not count', async () => {
  const one = chatOf('group', 'trip', { conversation: 'first' as ConversationId })
  const two = chatOf('group', 'trip', { conversation: 'second' as ConversationId })
  const served = directory([one, two], [])
  await expect(findTarget(served, 'trip')).rejects.toMatchObject({
    exitCode: 64,
    message: expect.stringMatching(/#first.*#second/),
  })
  await expect(findGroup(served, '#trip')).rejects.toMatchObject({ exitCode: 64 })
  expect(await nameOf(findTarget(served, '#second'))).toBe('group second')
  expect(await nameOf(findTarget(directory([one, { ...two, status: 'left' }], []), 'trip'))).toBe('group first')
})

test.each(['trip', 'TRIP', 'tr\u200bip', 'Tri\u0307p', 'Ｔrip', ' trip'])(
  'a group named %j and the group Trip are never taken for each other',
  async (twin) => {
    const served = directory([chatOf('group', 'Trip'), chatOf('group', twin)], [])
    for (const written of ['#Trip', '#trip', `#${twin}`])
      await expect(findTarget(served, written)).rejects.toMatchObject({
        exitCode: 64,
        message: expect.stringContaining('"#id-of-Trip" (Trip, 0 members)'),
      })
    expect(await nameOf(findTarget(served, '#id-of-Trip'))).toBe('group id-of-Trip')
  },
)

test('a group is found by its name in other capitals and other composed letters', async () => {
  const served = directory([chatOf('group', 'Caf\u00e9 Stra\u00dfe')], [])
  for (const written of ['#cafe\u0301 strasse', '#CAFÉ STRASSE', '#Café  Straße'])
    expect(await nameOf(findTarget(served, written))).toBe('group id-of-Caf\u00e9 Stra\u00dfe')
})

test('an id finds its group, also when another group is named like that id', async () => {
  const served = directory([chatOf('group', 'trip'), chatOf('group', 'id-of-trip')], [])
  expect(await nameOf(findTarget(served, '#id-of-trip'))).toBe('group id-of-trip')
})

test('the device catches up before a name without a chat is looked up among users', async () => {
  const chats: ChatInfo[] = []
  const catchUp = async () => void chats.push(chatOf('group', 'team'))
  await expect(findTarget(directory(chats, ['team']), 'team', catchUp)).rejects.toMatchObject({ exitCode: 64 })
})

test('without a server only the chats of this device are found', async () => {
  const offline = directory([chatOf('direct', 'bob'), chatOf('group', 'trip')], [], false)
  expect(await nameOf(findTarget(offline, 'bob'))).toBe('direct id-of-bob')
  expect(await nameOf(findTarget(offline, 'trip'))).toBe('group id-of-trip')
  await expect(findTarget(offline, 'carol')).rejects.toMatchObject({ exitCode: 69 })
})

test('an unknown name ends with code 1, not with the code of wrong usage', async () => {
  const served = directory([], [])
  await expect(findTarget(served, 'nobody')).rejects.toMatchObject({ exitCode: 1, code: 'unknown_name' })
  await expect(findGroup(served, 'nobody')).rejects.toMatchObject({ exitCode: 1, code: 'unknown_name' })
})
