import { ClientError } from '@fastchat/client'
import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())
afterEach(() => expect(raisedAlarms).toEqual([]))

test('a person is found in every spelling of their name, and may be named twice', async () => {
  const [ann, ben, cat] = await Promise.all(['ann', 'Ben', 'ＣＡＴ'].map((name) => Person.signUp(stack.url, name)))
  if (!ann || !ben || !cat) throw new Error('three people')
  expect(ben.client.identity).toMatchObject({ username: 'ben', deviceName: "Ben's machine" })
  expect((await ann.client.user('BEN')).userId).toBe(ben.id)
  expect((await ann.client.users('ＣＡ')).map(({ username }) => username)).toEqual(['cat'])
  await expect(ann.client.user('b\u200ben')).rejects.toMatchObject({ code: 'invalid_name' })

  const group = await ann.client.createGroup(' Cafe\u0301 ', [ben.id, ann.id, ben.id])
  const memberIds = () => group.record.members.map(({ userId }) => userId).toSorted()
  expect(memberIds()).toEqual([ann.id, ben.id].toSorted())
  await eventually(() => expect(ben.client.conversation(group.id).record.name).toBe('Caf\u00e9'))
  await ann.client.addMembers(group.id, [cat.id, cat.id, ann.id, ben.id])
  expect(memberIds()).toEqual([ann.id, ben.id, cat.id].toSorted())
  await ann.client.removeMembers(group.id, [cat.id, cat.id])
  expect(memberIds()).toEqual([ann.id, ben.id].toSorted())
})

test('people cannot remove or write to themselves, and a group cannot have an invisible name', async () => {
  const [dan, eve] = await Promise.all(['dan', 'eve'].map((name) => Person.signUp(stack.url, name)))
  if (!dan || !eve) throw new Error('two people')
  const group = await dan.client.createGroup('pair', [eve.id])
  const refused = (code: string) => expect.objectContaining({ constructor: ClientError, code })
  await expect(dan.client.removeMembers(group.id, [eve.id, dan.id])).rejects.toEqual(refused('only_others'))
  await expect(dan.client.openDirect(dan.id)).rejects.toEqual(refused('only_others'))
  for (const name of ['\u3164', 'gpj\u202e.exe', 'x'.repeat(65)])
    await expect(dan.client.createGroup(name, [])).rejects.toEqual(refused('invalid_name'))
  expect(group.record.members).toHaveLength(2)
  expect(dan.client.conversations()).toHaveLength(1)
})
