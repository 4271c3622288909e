import { type Entry, newMessageId } from '@fastchat/client'
import { BackupError, openBackupIndex } from '@fastchat/crypto'
import { authOperations, type ConversationId, chatOperations, fromBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { password } from '../support/password.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
})
afterAll(async () => {
  liar.stop()
  await stack.stop()
})

const textsOf = (entries: readonly Entry[]) =>
  entries.flatMap(({ payload }) => (payload?.kind === 'text' ? [payload.text] : []))
const historyOf = async (one: Person, id: ConversationId) => await one.client.history(id, 1_000)
const told = (one: Person) => one.troubles.map((error) => ('code' in error ? error.code : error.message))
const backUp = (one: Person) => one.within(one.client.backup.now(), 'backing up')

test('a lost laptop costs no history: another machine shows it in order, once', async () => {
  const [ana, ben] = [await Person.signUp(stack.url, 'lost-ana'), await Person.signUp(stack.url, 'lost-ben')]
  const group = (await ana.client.createGroup('Trip', [ben.id])).id
  const direct = (await ana.client.openDirect(ben.id)).id
  await eventually(() => expect(ben.client.conversation(direct).record.status).toBe('active'))
  for (let n = 1; n <= 5; n++) {
    await ana.send(group, `a${n}`)
    await ben.sees(`a${n}`)
    await ben.send(group, `b${n}`)
    await ben.send(direct, `to you ${n}`)
  }
  await ana.sees('b5', 'to you 5')
  for (const { conversation, cursor } of ana.client.conversations())
    await ana.client.conversation(conversation).markRead(cursor)
  await backUp(ana)
  await ana.offline()

  const phone = await Person.logIn(stack.url, ana.name)
  const said = [1, 2, 3, 4, 5].flatMap((n) => [`a${n}`, `b${n}`])
  await eventually(async () => expect(textsOf(await historyOf(phone, group))).toEqual(said))
  await eventually(async () =>
    expect(textsOf(await historyOf(phone, direct))).toEqual([1, 2, 3, 4, 5].map((n) => `to you ${n}`)),
  )
  const lines = await historyOf(phone, group)
  expect(lines.filter(({ event }) => event?.kind === 'not_in_backup')).toEqual([])
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map(({ seq }) => seq).toSorted((a, b) => a - b))
  expect(lines.find(({ payload }) => payload?.kind === 'text' && payload.text === 'b2')).toMatchObject({ from: ben.id })
  await eventually(() => expect(phone.client.conversations().map(({ unread }) => unread)).toEqual([0, 0]))

  // What this device reads by itself goes on, and stands once.
  await eventually(() => expect(phone.client.conversation(group).record.status, phone.report()).toBe('active'))
  await ben.send(group, 'later')
  await phone.sees('later')
  await phone.send(group, 'from the phone')
  expect(textsOf(await historyOf(phone, group))).toEqual([...said, 'later', 'from the phone'])
  await backUp(phone)
  await phone.offline()

  const tablet = await Person.logIn(stack.url, ana.name)
  await eventually(async () =>
    expect(textsOf(await historyOf(tablet, group))).toEqual([...said, 'later', 'from the phone']),
  )
  expect(told(tablet)).toEqual([])
  await Promise.all([ben, tablet].map((one) => one.offline()))
})

test('a segment that the server drops is an honest line', async () => {
  const [ana, ben] = [await Person.signUp(stack.url, 'drop-ana'), await Person.signUp(stack.url, 'drop-ben')]
  const direct = (await ana.client.openDirect(ben.id)).id
  for (const text of ['one', 'two']) await ana.send(direct, text)
  const { segments } = await backUp(ana)
  expect(segments).toBe(1)
  await ana.offline()
  await stack.sql('delete from backup_segment s using "user" u where u.id = s.user_id and u.username = $1', [ana.name])

  const phone = await Person.logIn(stack.url, ana.name)
  await eventually(async () => {
    const gaps = (await historyOf(phone, direct)).filter(({ event }) => event?.kind === 'not_in_backup')
    expect(gaps, phone.report()).toHaveLength(1)
  })
  expect(told(phone)).toContain('backup_incomplete')
  expect(textsOf(await historyOf(phone, direct))).toEqual([])

  // The laptop comes back, and stores again what the server has lost.
  const laptop = await Person.open(stack.url, ana.name, { store: ana.store })
  await backUp(laptop)
  await backUp(phone)
  expect(textsOf(await historyOf(phone, direct))).toEqual(['one', 'two'])
  expect((await historyOf(phone, direct)).filter(({ event }) => event?.kind === 'not_in_backup')).toEqual([])
  await Promise.all([ben, phone, laptop].map((one) => one.offline()))
})

test('an old index is noticed, and stored again', async () => {
  const [ana, ben] = [await Person.signUp(liar.url, 'old-ana'), await Person.signUp(stack.url, 'old-ben')]
  const direct = (await ana.client.openDirect(ben.id)).id
  await ana.send(direct, 'one')
  await backUp(ana)
  const [old] = await stack.sql(
    'select version, body from account_backup b join "user" u on u.id = b.user_id where u.username = $1',
    [ana.name],
  )
  // The columns have these types.
  const { version, body } = old as { version: number; body: Buffer }
  await ana.send(direct, 'two')
  await backUp(ana)
  // The account state tells of the newest index when a device stops.
  await ana.offline()

  liar.lie = (answer, asked) =>
    asked.startsWith('GET /v1/account/backup')
      ? { status: 200, body: { version, body: body.toString('base64url') } }
      : answer
  const phone = await Person.logIn(liar.url, ana.name)
  await eventually(() => expect(told(phone)).toContain('backup_old'))
  liar.lie = (answer) => answer
  await backUp(phone)
  expect(textsOf(await historyOf(phone, direct))).toEqual(['one', 'two'])

  // The device that has seen the newest index notices as well.
  liar.lie = (answer, asked) =>
    asked.startsWith('GET /v1/account/backup') ? { status: 200, body: { version } } : answer
  const laptop = await Person.open(liar.url, ana.name, { store: ana.store })
  await eventually(() => expect(told(laptop)).toContain('backup_old'))
  liar.lie = (answer) => answer
  await Promise.all([ben, phone, laptop].map((one) => one.offline()))
})

test('a revoked device cannot read what is backed up later', async () => {
  const [ana, ben] = [await Person.signUp(stack.url, 'rot-ana'), await Person.signUp(stack.url, 'rot-ben')]
  const direct = (await ana.client.openDirect(ben.id)).id
  await ana.send(direct, 'before')
  await backUp(ana)
  const [stolen, phone] = [await Person.logIn(stack.url, ana.name), await Person.logIn(stack.url, ana.name)]
  for (const one of [stolen, phone])
    await eventually(async () => expect(textsOf(await historyOf(one, direct))).toEqual(['before']))
  await stolen.offline()
  const generation = ana.client.backup.status().generation

  await ana.within(ana.client.revokeDevice(stolen.client.identity.deviceId, password), 'revoking')
  await ana.send(direct, 'after')
  const { generation: next } = await backUp(ana)
  expect(next).toBe(generation + 1)

  // The server gives the thief all that it has. The keys in the stolen store do not open it.
  const kept = JSON.parse(new TextDecoder().decode(await stolen.store.get('meta', 'backup'))) as {
    opened: Record<string, string>
    deviceKey: string
  }
  expect(Object.keys(kept.opened)).toEqual([String(generation)])
  const { body } = await ana.client.api.call(authOperations.getBackup, { query: {} })
  const { keys } = JSON.parse(Buffer.from(body ?? '', 'base64url').toString()) as {
    keys: { generation: number; devices: Record<string, string> }[]
  }
  const newest = keys.find((key) => key.generation === next)
  expect(Object.keys(newest?.devices ?? {}).toSorted()).toEqual(
    [ana, phone].map(({ client }) => client.identity.deviceId).toSorted(),
  )

  const [old] = Object.values(kept.opened)
  const { version } = ana.client.backup.status()
  const { index } = JSON.parse(Buffer.from(body ?? '', 'base64url').toString()) as { index: string }
  const context = { userId: ana.id, generation: next, version }
  await expect(openBackupIndex(fromBase64Url(old ?? ''), context, fromBase64Url(index))).rejects.toThrow(BackupError)

  // The device that stays gets the new key without the password.
  await ana.offline()
  await backUp(phone)
  expect(phone.client.backup.status()).toMatchObject({ state: 'on', generation: next })
  expect(told(phone)).toEqual([])
  await Promise.all([ben, phone].map((one) => one.offline()))
})

test('a chat that was left is shown with its history, and a home without the key gets it by the password', async () => {
  const [ana, ben] = [await Person.signUp(stack.url, 'left-ana'), await Person.signUp(stack.url, 'left-ben')]
  const group = (await ben.client.createGroup('Choir', [ana.id])).id
  await ben.send(group, 'sing')
  await ana.sees('sing')
  await ana.client.conversation(group).leave(newMessageId())
  await eventually(() => expect(ana.client.conversation(group).record.status, ana.report()).toBe('left'))
  await backUp(ana)

  const phone = await Person.logIn(stack.url, ana.name)
  await eventually(() =>
    expect(phone.client.conversation(group).record).toMatchObject({ status: 'left', name: 'Choir' }),
  )
  expect(textsOf(await historyOf(phone, group))).toEqual(['sing'])
  await phone.offline()

  // A home of before there were backups.
  await phone.store.write([{ table: 'meta', key: 'backup', value: undefined }])
  const old = await Person.open(stack.url, ana.name, { store: phone.store })
  expect(old.client.backup.status().state).toBe('no_key')
  await expect(old.client.backup.now()).rejects.toMatchObject({ code: 'backup_no_key' })
  // Any entry of the password gives the key.
  await old.within(old.client.account.newRecoveryKey(password), 'making a recovery key')
  expect(old.client.backup.status().state).toBe('on')
  await old.offline()
  const again = await Person.logIn(stack.url, ana.name, { store: phone.store })
  expect((await backUp(again)).state).toBe('on')
  await Promise.all([ana, ben, again].map((one) => one.offline()))
})

test('a forgotten chat is removed from the backup, and its space is freed', async () => {
  const [ana, ben] = [await Person.signUp(stack.url, 'gone-ana'), await Person.signUp(stack.url, 'gone-ben')]
  const phone = await Person.logIn(stack.url, ana.name)
  const group = (await ben.client.createGroup('Secrets', [ana.id])).id
  await ben.send(group, 'to be forgotten')
  await Promise.all([ana, phone].map((one) => one.sees('to be forgotten')))
  await backUp(ana)
  await backUp(phone)
  const used = async () => (await ana.client.api.call(chatOperations.listBackupSegments, { query: {} })).usedBytes
  expect(await used()).toBeGreaterThan(0)

  await ana.client.conversation(group).leave(newMessageId())
  await eventually(() => expect(ana.client.conversation(group).record.status, ana.report()).toBe('left'))
  await ana.client.people.forget(group)
  await eventually(async () => expect(await used()).toBe(0))
  // Another device may store a line before it hears of the decision. It removes that one, too.
  await backUp(phone)
  await eventually(async () => expect(await used(), phone.report()).toBe(0))
  await backUp(phone)
  expect(await used()).toBe(0)
  await Promise.all([ana, phone].map((one) => one.offline()))
  const tablet = await Person.logIn(stack.url, ana.name)
  await backUp(tablet)
  expect(await historyOf(tablet, group)).toEqual([])
  expect(tablet.client.conversations().map(({ conversation }) => conversation)).not.toContain(group)
  expect([ana, phone, tablet].flatMap(told)).toEqual([])
  await Promise.all([ben, tablet].map((one) => one.offline()))
})

test('a device hears at once that another one has stored something', async () => {
  const [ana, ben] = [await Person.signUp(stack.url, 'push-ana'), await Person.signUp(stack.url, 'push-ben')]
  const phone = await Person.logIn(stack.url, ana.name)
  const direct = (await ana.client.openDirect(ben.id)).id
  await ana.send(direct, 'stored')
  await phone.sees('stored')
  const { version } = await backUp(ana)
  await eventually(() => expect(phone.client.backup.status().version).toBeGreaterThanOrEqual(version))
  await Promise.all([ana, ben, phone].map((one) => one.offline()))
})

test('a device that has only restored a lost part stores it again', async () => {
  const [ana, ben] = [await Person.signUp(stack.url, 'mend-ana'), await Person.signUp(stack.url, 'mend-ben')]
  const direct = (await ana.client.openDirect(ben.id)).id
  for (const text of ['one', 'two']) await ana.send(direct, text)
  await backUp(ana)
  await ana.offline()
  const phone = await Person.logIn(stack.url, ana.name)
  await eventually(async () => expect(textsOf(await historyOf(phone, direct))).toEqual(['one', 'two']))
  await stack.sql('delete from backup_segment s using "user" u where u.id = s.user_id and u.username = $1', [ana.name])
  await backUp(phone)
  await phone.offline()
  const tablet = await Person.logIn(stack.url, ana.name)
  await eventually(async () =>
    expect(textsOf(await historyOf(tablet, direct)), tablet.report()).toEqual(['one', 'two']),
  )
  expect(told(tablet)).toEqual([])
  await Promise.all([ben, tablet].map((one) => one.offline()))
})

test('the backup of another account, and exchanged parts, are told and not taken', async () => {
  const [ana, eve] = [await Person.signUp(liar.url, 'mix-ana'), await Person.signUp(stack.url, 'mix-eve')]
  const ben = await Person.signUp(stack.url, 'mix-ben')
  const [direct, other] = [(await ana.client.openDirect(ben.id)).id, (await ana.client.openDirect(eve.id)).id]
  await ana.send(direct, 'to ben')
  await ana.send(other, 'to eve')
  await eve.sees('to eve')
  for (const one of [ana, eve]) await backUp(one)
  await Promise.all([ana, eve].map((one) => one.offline()))
  const [theirs] = await stack.sql(
    'select version, body from account_backup b join "user" u on u.id = b.user_id where u.username = $1',
    [eve.name],
  )
  // The columns have these types.
  const { version, body } = theirs as { version: number; body: Buffer }
  liar.lie = (answer, asked) =>
    asked.startsWith('GET /v1/account/backup')
      ? { status: 200, body: { version: version + 5, body: body.toString('base64url') } }
      : answer
  const phone = await Person.logIn(liar.url, ana.name)
  await phone.client.backup.now().catch(() => {})
  expect(textsOf(await historyOf(phone, other))).toEqual([])
  expect(phone.client.backup.status().state).toBe('no_key')
  expect(told(phone)).toContain('backup_wrong')
  await phone.offline()
  liar.lie = (answer) => answer

  // The server exchanges the parts of two chats.
  await stack.sql(
    `with mine as (select s.user_id, s.pub_id, s.body, row_number() over () as n from backup_segment s
       join "user" u on u.id = s.user_id where u.username = $1)
     update backup_segment s set body = o.body from mine m join mine o on o.n <> m.n
     where s.user_id = m.user_id and s.pub_id = m.pub_id`,
    [ana.name],
  )
  const tablet = await Person.logIn(stack.url, ana.name)
  await eventually(() => expect(told(tablet)).toContain('backup_incomplete'))
  for (const id of [direct, other]) {
    const lines = await historyOf(tablet, id)
    expect(textsOf(lines)).toEqual([])
    expect(lines.filter(({ event }) => event?.kind === 'not_in_backup')).toHaveLength(1)
  }
  await Promise.all([ben, tablet].map((one) => one.offline()))
})
