/** People look after their own account: password, recovery key, sessions, deletion. */
import {
  blobSource,
  createRest,
  logIn,
  newMessageId,
  type OwnAccount,
  resetPassword,
  signIn,
  signUp,
  uploadFile,
} from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import { authOperations, type ConversationId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { password, passwordWork } from '../support/password.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
})
afterAll(async () => {
  liar?.stop()
  await stack?.stop()
})

const next = 'another horse, another battery'
const rest = () => createRest(stack.url)
const account = ({ client }: Person): OwnAccount => client.account
const honest: LyingServer['lie'] = (answer) => answer

/** Signs up over a server that may lie later, and returns the recovery key. */
async function withKey(name: string): Promise<{ person: Person; recoveryKey: string }> {
  const store = memoryStore()
  const signedUp = await signUp(createRest(liar.url), name, password, undefined, passwordWork)
  await signIn(liar.url, store, signedUp, `${name}'s machine`)
  return { person: await Person.open(liar.url, name, { store }), recoveryKey: signedUp.recoveryKey }
}

const recordOf = ({ client }: Person, id: ConversationId) => client.conversation(id).record
const isEnded = (one: Person) =>
  eventually(() => {
    const { state } = one.client
    expect(state.state === 'ended' && state.error, one.report()).toMatchObject({ code: 'session_ended' })
  })

test('the recovery key sets a new password, and everything is still there', async () => {
  const { person: ann, recoveryKey } = await withKey('ann')
  const bob = await Person.signUp(stack.url, 'bob')
  await bob.send(ann, 'before')
  await ann.sees('before')
  const told: unknown[] = []
  ann.client.on('passwordChanged', (change) => told.push(change))
  await eventually(async () => expect(await ann.store.get('meta', 'passwordNews')).toBeDefined())
  await resetPassword(rest(), { username: 'ann', recoveryKey, password: next })
  // The server tells a connected device at once, so it looks.
  await eventually(() => expect(told).toEqual([{ by: 'recovery', version: 2 }]))
  expect(await account(ann).passwords.unseen()).toEqual({ by: 'recovery', version: 2 })
  await expect(logIn(rest(), 'ann', password, passwordWork)).rejects.toMatchObject({ code: 'wrong_credentials' })

  const store = memoryStore()
  const opened = await logIn(rest(), 'ann', next)
  expect(opened.enrolment.user).toMatchObject({ userId: ann.id, accountKey: ann.client.identity.accountKey })
  await signIn(stack.url, store, opened, 'a second machine')
  const second = await Person.open(stack.url, 'ann', { store })
  await bob.send(ann, 'after')
  await Promise.all([ann.sees('after'), second.sees('after')])
  expect(await account(ann).checkRecoveryKey(recoveryKey)).toBe(true)
  for (const one of [ann, bob, second]) await one.offline()
})

test('a key of before, of another person or with a typo opens nothing, and says so', async () => {
  const [{ person: dan, recoveryKey }, { recoveryKey: ofEve }] = [await withKey('dan'), await withKey('eve')]
  const fresh = await account(dan).newRecoveryKey(password)
  expect(await Promise.all([fresh, recoveryKey, ofEve].map((key) => account(dan).checkRecoveryKey(key)))).toEqual([
    true,
    false,
    false,
  ])
  for (const key of [recoveryKey, ofEve])
    await expect(resetPassword(rest(), { username: 'dan', recoveryKey: key, password: next })).rejects.toMatchObject({
      code: 'recovery_wrong',
    })
  const typo = `${fresh.slice(0, -1)}${fresh.endsWith('A') ? 'B' : 'A'}`
  await expect(account(dan).checkRecoveryKey(typo)).rejects.toMatchObject({ code: 'recovery_key_invalid' })
  await dan.offline()
})

test('a server that shows an old copy, or that of another, is found out', async () => {
  const { person: fay, recoveryKey } = await withKey('fay')
  let kept: unknown
  liar.lie = (answer, asked) => {
    if (asked === 'GET /v1/account/recovery') kept ??= answer.body
    return answer
  }
  expect(await account(fay).checkRecoveryKey(recoveryKey)).toBe(true)
  liar.lie = honest
  const fresh = await account(fay).newRecoveryKey(password)
  liar.lie = (answer, asked) => (asked === 'GET /v1/account/recovery' ? { status: 200, body: kept } : answer)
  for (const key of [recoveryKey, fresh])
    await expect(account(fay).checkRecoveryKey(key)).rejects.toMatchObject({ code: 'recovery_old' })
  await expect(account(fay).newRecoveryKey(password)).rejects.toMatchObject({ code: 'stale_version' })

  const recovery = (kept as { recovery: object }).recovery
  const lies: readonly ((body: Record<string, unknown>) => unknown)[] = [
    (body) => ({ ...body, recovery }),
    (body) => ({ ...body, recovery: { ...(body.recovery as object), version: 1 } }),
    (body) => ({ ...body, user: { ...(body.user as object), userId: '0195f3a0-7c00-7000-8000-000000000009' } }),
    (body) => ({ ...body, user: { ...(body.user as object), accountKey: 'A'.repeat(43) } }),
  ]
  for (const lie of lies) {
    liar.lie = ({ status, body }, asked) =>
      asked === 'POST /v1/login/recovery' ? { status, body: lie(body as Record<string, unknown>) } : { status, body }
    const reset = resetPassword(createRest(liar.url), { username: 'fay', recoveryKey: fresh, password: next })
    await expect(reset).rejects.toMatchObject({ code: 'wrong_recovery' })
  }
  liar.lie = honest
  await expect(logIn(rest(), 'fay', password, passwordWork)).resolves.toMatchObject({ hasState: true })
  await fay.offline()
})

test('a changed password keeps devices and chats, and ends other sessions on wish', async () => {
  const [gil, hana] = await Promise.all(['gil', 'hana'].map((name) => Person.signUp(stack.url, name)))
  if (!gil || !hana) throw new Error('two people')
  const laptop = await Person.logIn(stack.url, 'gil', { pod: stack.pod(1) })
  await expect(account(gil).changePassword('not the password', next)).rejects.toMatchObject({
    code: 'wrong_credentials',
  })
  await account(gil).changePassword(password, next)
  await hana.send(gil, 'to both')
  await Promise.all([gil.sees('to both'), laptop.sees('to both')])
  // The answer was lost: the same change again is done already.
  await account(gil).changePassword(password, next)
  await account(gil).changePassword(next, password, { endOthers: true })
  await isEnded(laptop)
  await hana.send(gil, 'to one')
  await gil.sees('to one')
  expect(await account(gil).sessions()).toMatchObject([{ deviceId: gil.client.identity.deviceId, current: true }])
  for (const one of [gil, hana, laptop]) await one.offline()
})

test('a changed password is told on the other devices, also on one that was off', async () => {
  const [lea, phone] = [await Person.signUp(stack.url, 'lea'), await Person.logIn(stack.url, 'lea')]
  const told: unknown[] = []
  for (const one of [lea, phone]) {
    one.client.on('passwordChanged', ({ by }) => told.push([one.client.identity.deviceId, by]))
    await eventually(async () => expect(await one.store.get('meta', 'passwordNews')).toBeDefined())
  }
  await phone.offline()
  await account(lea).changePassword(password, next)
  // The same client object starts again.
  await phone.online()
  await eventually(() => expect(told).toEqual([[phone.client.identity.deviceId, 'password']]))
  await account(lea).changePassword(next, password)
  await eventually(() => expect(told).toHaveLength(2))
  await account(phone).passwords.looked()
  expect(await account(phone).passwords.unseen()).toBeUndefined()
  for (const one of [lea, phone]) await one.offline()
})

test('a client that was stopped and started again still shares its state', async () => {
  const [max, nia] = [await Person.signUp(stack.url, 'max'), await Person.signUp(stack.url, 'nia')]
  await max.offline()
  await max.online()
  await max.client.openDirect(nia.id)
  await max.client.own.settings.set('colour', 'green')
  // Another device starts from the state at the server, while the first one is still on.
  const state = async () => (await max.client.api.call(authOperations.getAccountState, { query: { after: 0 } })).version
  await eventually(async () => expect(await state()).toBeGreaterThan(1))
  const tablet = await Person.logIn(stack.url, 'max')
  await eventually(() => expect(tablet.client.own.settings.get('colour')).toBe('green'))
  for (const one of [max, nia, tablet]) await one.offline()
})

test('after an answer that was lost exactly one password holds', async () => {
  const { person: ida } = await withKey('ida')
  let losses = 0
  liar.loses = (asked) => asked === 'PUT /v1/account/password' && losses++ < 1
  await account(ida).changePassword(password, next)
  expect(losses).toBe(2)
  await expect(logIn(rest(), 'ida', next)).resolves.toBeDefined()
  liar.loses = (asked) => asked === 'PUT /v1/account/password'
  await expect(account(ida).changePassword(next, password)).rejects.toMatchObject({ code: 'change_uncertain' })
  liar.loses = () => false
  await expect(logIn(rest(), 'ida', next)).rejects.toMatchObject({ code: 'wrong_credentials' })
  await expect(logIn(rest(), 'ida', password, passwordWork)).resolves.toBeDefined()
  await ida.offline()
})

test('sessions end everywhere, with Redis and without, and devices sign in again', async () => {
  const jan = await Person.signUp(stack.url, 'jan', { pod: stack.pod(0) })
  const laptop = await Person.logIn(stack.url, 'jan', { pod: stack.pod(1) })
  expect(await account(jan).endSessions({ keepThis: true })).toBe(1)
  await isEnded(laptop)
  await laptop.offline()
  await signIn(stack.url, laptop.store, await logIn(rest(), 'jan', password, passwordWork), 'laptop')
  const again = await Person.open(stack.url, 'jan', { store: laptop.store, pod: stack.pod(1) })
  await stack.redis.stop()
  expect(await account(again).endSessions()).toBe(2)
  await Promise.all([isEnded(jan), isEnded(again)])
  await stack.restartRedis()
  for (const one of [jan, again]) await one.offline()
})

test('a deleted account leaves its groups, hands over, and is gone for ever', async () => {
  const [kim, leo, mia] = await Promise.all(['kim', 'leo', 'mia'].map((name) => Person.signUp(stack.url, name)))
  if (!kim || !leo || !mia) throw new Error('three people')
  const group = (await kim.client.createGroup('Group', [leo.id, mia.id])).id
  for (const one of [leo, mia]) await eventually(() => expect(recordOf(one, group).status).toBe('active'))
  await kim.send(group, 'goodbye')
  await expect(account(kim).delete({ password: 'not the password' })).rejects.toMatchObject({
    code: 'wrong_credentials',
  })
  expect(recordOf(kim, group).status).toBe('active')
  // Leo can still fetch the picture that Kim sent. Nobody can fetch the other one.
  await kim.client.files.send(group, blobSource(new Blob([new Uint8Array(5_000)]), 'seen.bin'), { id: newMessageId() })
  const files = () => leo.shown.filter(({ payload }) => payload?.kind === 'file')
  await eventually(() => expect(files(), leo.report()).toHaveLength(1))
  const { attachment } = await uploadFile(kim.client.api, {
    name: 'lost.bin',
    mime: 'x/y',
    bytes: new Uint8Array(5_000),
  })
  const blobs = async () => {
    const rows = await stack.sql(
      `select a.pub_id from attachment a join attachment_chunk c on c.attachment_id = a.id join device d on d.id = a.device_id join "user" u on u.id = d.user_id where u.pub_id = $1`,
      [kim.id],
    )
    return rows.map(({ pub_id }) => pub_id)
  }
  expect(await blobs()).toContain(attachment)
  const steps: number[] = []
  const onProgress = ({ left }: { left: number }) => steps.push(left)
  expect(await kim.within(account(kim).delete({ password, onProgress }), 'deleting')).toEqual([])
  expect(steps).toEqual([0, 1])
  await kim.offline()
  expect(await blobs()).not.toContain(attachment)
  const backups = `select 1 from "user" u where u.pub_id = $1 and (exists (select from backup_segment where user_id = u.id)
    or exists (select from account_backup where user_id = u.id))`
  expect(await stack.sql(backups, [kim.id])).toEqual([])
  const [seen] = files()
  if (seen?.payload?.kind !== 'file') throw new Error('a file')
  const download = await leo.client.files.download(seen.payload.file)
  expect(download.size).toBe(5_000)
  await download.discard()

  await leo.send(group, 'who leads now?')
  for (const one of [leo, mia]) {
    await one.sees('goodbye', 'who leads now?')
    await eventually(() =>
      expect(recordOf(one, group).members, one.report()).toEqual([
        { userId: leo.id, role: 'owner' },
        { userId: mia.id, role: 'member' },
      ]),
    )
    const kinds = one.shown.flatMap(({ event }) => (event ? [event.kind] : []))
    expect(kinds).toEqual(expect.arrayContaining(['left']))
    expect(one.troubles.map(({ message }) => message)).toEqual([])
  }
  await expect(logIn(rest(), 'kim', password, passwordWork)).rejects.toMatchObject({ code: 'wrong_credentials' })
  await expect(signUp(rest(), 'kim', password, undefined, passwordWork)).rejects.toMatchObject({
    code: 'username_taken',
  })
  for (const one of [leo, mia]) await one.offline()
})

test('a deletion whose answer was lost is finished by the same call', async () => {
  const { person: ned } = await withKey('ned')
  liar.loses = (asked) => asked === 'POST /v1/account/delete'
  await expect(account(ned).delete({ password })).rejects.toMatchObject({ code: 'change_uncertain' })
  liar.loses = () => false
  expect(await account(ned).delete({ password })).toEqual([])
  await ned.offline()
})
