import type { Entry } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())

const textsOf = (entries: readonly Entry[]) =>
  entries.flatMap(({ payload }) => (payload?.kind === 'text' ? [payload.text] : []))
const historyOf = async (one: Person, id: ConversationId) => await one.client.history(id, 1_000)

test('a device that is online gives a new one what the backup lacks, and nothing stands twice', async () => {
  const [ana, ben] = [await Person.signUp(stack.url, 'hand-ana'), await Person.signUp(stack.url, 'hand-ben')]
  const direct = (await ana.client.openDirect(ben.id)).id
  await ana.send(direct, 'backed up')
  await ana.within(ana.client.backup.now(), 'backing up')
  await ana.client.backup.switch(false)
  for (let n = 1; n <= 5; n++) await ana.send(direct, `only here ${n}`)
  const said = ['backed up', ...[1, 2, 3, 4, 5].map((n) => `only here ${n}`)]

  const phone = await Person.logIn(stack.url, ana.name)
  await eventually(async () => expect(textsOf(await historyOf(phone, direct)), phone.report()).toEqual(said))
  await eventually(() =>
    expect(phone.client.backup.status().fromDevice).toMatchObject({
      state: 'done',
      from: ana.client.identity.deviceId,
      parts: { done: 1, of: 1 },
    }),
  )
  await ben.send(direct, 'after')
  await phone.sees('after')
  expect(textsOf(await historyOf(phone, direct))).toEqual([...said, 'after'])
  const lines = await historyOf(phone, direct)
  expect(lines.filter(({ event }) => event?.kind === 'not_in_backup')).toEqual([])

  // The lines that came by hand go into the backup, so the first device may be lost now.
  await ana.offline()
  await phone.client.backup.switch(true)
  await phone.within(phone.client.backup.now(), 'backing up')
  await phone.offline()
  const tablet = await Person.logIn(stack.url, ana.name)
  await eventually(async () => expect(textsOf(await historyOf(tablet, direct))).toEqual([...said, 'after']))
  await Promise.all([ben, tablet].map((one) => one.offline()))
})
