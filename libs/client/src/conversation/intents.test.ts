import { createKeyPackage, signLeave } from '@fastchat/crypto'
import { momentOf, readCommit } from '@fastchat/crypto/verify'
import {
  authOperations,
  type CommitBundle,
  chatOperations,
  fromBase64Url,
  type LogEntry,
  type Operation,
  toBase64Url,
} from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { ClientError, ServerError } from '../errors.ts'
import { type IntentRecord, parseRecord } from '../store/records.ts'

const [anaId, benId, cleoId] = [createIdentity(), createIdentity(), createIdentity()]
const nameOf = ({ method, path }: Operation) => `${method} ${path}`
const { commit, getConversation, getMessage, groupInfo, welcome } = chatOperations
const refuse = (code: ConstructorParameters<typeof ServerError>[0]) => {
  throw new ServerError(code, code, {}, 0)
}

let ana: Device
let ben: Writer
let cleo: Writer
let bundles: CommitBundle[]

beforeEach(async () => {
  const [anas, bens, cleos] = await createGroup([anaId, benId, cleoId])
  ana = await new Device(anaId).begin({}, anas)
  ben = new Writer(benId, bens!)
  cleo = new Writer(cleoId, cleos!)
  bundles = []
  takeCommits(ana)
  ana.answers[nameOf(welcome)] = () => refuse('not_found')
  ana.answers[nameOf(getMessage)] = () => refuse('not_found')
})

/** The server takes every commit; the test puts them into the log. */
function takeCommits(device: Device): void {
  device.answers[nameOf(commit)] = ({ body }) => {
    bundles.push(body as CommitBundle)
    return {}
  }
}

const inLog = (seq: number, { id, commit: bytes }: CommitBundle, from: Device): LogEntry => ({
  ...ben.at(seq, 'commit', fromBase64Url(bytes), id),
  from: from.identity.deviceId,
})
const sent = (count: number) => eventually(() => expect(bundles).toHaveLength(count))
const promoteBen = { kind: 'role', userId: benId.userId, role: 'admin' } as const
const calls = (device: Device, operation: Operation) =>
  device.called.filter((name) => name === nameOf(operation)).length

test('a commit that won is adopted from the log, also after the device has restarted', async () => {
  ana.conversation.intents.want(promoteBen).catch(() => {})
  await sent(1)
  const again = await ana.again()
  again.receive(inLog(1, bundles[0]!, ana))
  await eventually(() => expect(again.kinds).toEqual(['promoted']))
  expect(await again.store.list('intents')).toEqual([])
  expect(again.conversation.group?.epoch).toBe(2)
})

test('a commit leaves only after it is stored with the state that it makes', async () => {
  const { write } = ana.store
  ana.store.write = async (batch) => {
    await new Promise(setImmediate)
    await write(batch)
  }
  let stored: IntentRecord[] = []
  ana.answers[nameOf(commit)] = async ({ body }) => {
    stored = (await ana.store.list('intents')).map(({ value }) => parseRecord<IntentRecord>(value))
    bundles.push(body as CommitBundle)
    return {}
  }
  ana.conversation.intents.want(promoteBen).catch(() => {})
  await sent(1)
  const { id, commit: bytes } = bundles[0]!
  expect(stored).toMatchObject([{ change: promoteBen, attempt: { id, commit: bytes, pending: expect.any(String) } }])
})

test('a commit without an answer is sent again with the same bytes', async () => {
  ana.conversation.intents.want(promoteBen).catch(() => {})
  await sent(1)
  const again = await ana.again()
  takeCommits(again)
  again.conversation.online()
  await sent(2)
  expect(bundles[1]).toEqual(bundles[0])
})

test('a commit that lost is made again for the next epoch and the same change', async () => {
  let refused = 0
  ana.answers[nameOf(commit)] = ({ body }) => {
    const bundle = body as CommitBundle
    if (bundle.epoch === 2) bundles.push(bundle)
    else if (++refused) refuse('stale_epoch')
    return {}
  }
  const wanted = ana.conversation.intents.want(promoteBen)
  await eventually(() => expect(refused).toBeGreaterThan(0))
  ana.receive(await ben.commits(1))
  await sent(1)
  ana.receive(inLog(2, bundles[0]!, ana))
  await wanted
  expect(ana.conversation.record.members).toContainEqual({ userId: benId.userId, role: 'admin' })
})

test('a commit that lacked a removal is made again with it', async () => {
  let refused = 0
  ana.answers[nameOf(commit)] = async ({ body }) => {
    const bundle = body as CommitBundle
    const { removes } = readCommit(fromBase64Url(bundle.commit)).handshake
    if (removes.length > 0) bundles.push(bundle)
    else if (++refused) refuse('commit_first')
    return {}
  }
  const wanted = ana.conversation.intents.want(promoteBen)
  await eventually(() => expect(refused).toBeGreaterThan(0))
  const statement = signLeave(cleoId, momentOf(ben.group.publicGroup))
  ana.receive(cleo.at(1, 'leave', statement))
  await sent(1)
  ana.receive(inLog(2, bundles[0]!, ana))
  await wanted
  expect(ana.conversation.record.members.map(({ userId }) => userId)).not.toContain(cleoId.userId)
})

test('a member who has left is removed by a separate commit and then added, also after a restart in between', async () => {
  const { publicBytes } = await createKeyPackage(cleoId, { lastResort: false, now: Date.now() })
  const keyPackages = [{ deviceId: cleoId.deviceId, keyPackage: toBase64Url(publicBytes) }]
  ana.answers[nameOf(authOperations.claimKeyPackages)] = () => ({ user: undefined, keyPackages })
  ana.receive(cleo.at(1, 'leave', signLeave(cleoId, momentOf(ben.group.publicGroup))))
  await eventually(() => expect(ana.kinds).toEqual(['left']))
  ana.conversation.intents.want({ kind: 'add', userIds: [cleoId.userId] }).catch(() => {})
  await sent(1)
  const handshakeOf = (bundle: CommitBundle) => readCommit(fromBase64Url(bundle.commit)).handshake
  expect(handshakeOf(bundles[0]!)).toMatchObject({ adds: [], removes: [2] })
  const again = await ana.again()
  takeCommits(again)
  again.conversation.online()
  again.receive(inLog(2, bundles[0]!, ana))
  await eventually(() => expect(bundles.at(-1)?.epoch).toBe(2))
  expect(handshakeOf(bundles.at(-1)!)).toMatchObject({ adds: [{ userId: cleoId.userId }], removes: [] })
  again.receive(inLog(3, bundles.at(-1)!, ana))
  await eventually(() => expect(again.kinds).toEqual(['added']))
  expect(again.conversation.record.members.map(({ userId }) => userId)).toContain(cleoId.userId)
  expect(again.conversation.record.departed).toEqual([])
  expect(await again.store.list('intents')).toEqual([])
})

test('a waiting change does not keep a device that cannot follow from joining again', async () => {
  ana.answers[nameOf(commit)] = () => refuse('stale_epoch')
  ana.answers[nameOf(groupInfo)] = () => refuse('busy')
  ana.conversation.intents.want(promoteBen).catch(() => {})
  await eventually(() => expect(calls(ana, commit)).toBeGreaterThan(0))
  await ben.commits(0) // which ana never sees, so the next is not for it
  ana.receive(await ben.commits(1))
  await eventually(() => expect(calls(ana, groupInfo)).toBeGreaterThan(0))
  const before = calls(ana, commit)
  await eventually(
    () => {
      ana.conversation.intents.run()
      expect(calls(ana, groupInfo)).toBeGreaterThan(3)
    },
    { everyMs: 5 },
  )
  expect(calls(ana, commit)).toBe(before)
})

test('a join is retried while the server is busy', async () => {
  const away = await new Device(createIdentity()).begin({ status: 'joining' })
  away.answers[nameOf(groupInfo)] = () => refuse('busy')
  let isOver = false
  away.conversation.intents.want({ kind: 'join' }).catch(() => (isOver = true))
  await eventually(
    () => {
      away.conversation.intents.run()
      expect(calls(away, groupInfo)).toBeGreaterThan(10)
    },
    { everyMs: 5 },
  )
  expect(isOver).toBe(false)
})

test('a device that may not join any more is told so, and the conversation is over', async () => {
  const away = await new Device(createIdentity()).begin({ status: 'joining' })
  away.answers[nameOf(groupInfo)] = () => refuse('not_found')
  await expect(away.conversation.intents.want({ kind: 'join' })).rejects.toMatchObject({ code: 'not_found' })
  await eventually(() => expect(away.conversation.record.status).toBe('removed'))
})

test('a device that joined from outside removes only the members who had signed to leave before', async () => {
  await ben.commits(1)
  const phone = await new Device(createIdentity(benId.userId)).begin({ status: 'joining' })
  takeCommits(phone)
  phone.answers[nameOf(groupInfo)] = () => ({
    groupNo: 1,
    epoch: 2,
    groupInfo: Buffer.from(ben.groupInfo).toString('base64url'),
  })
  const now = momentOf(ben.group.publicGroup)
  const earlier = { ...now, transcript: new Uint8Array(32) }
  // The server says that all have left. Ana's statement is about another state, and Ben's is
  // invalid.
  phone.answers[nameOf(getConversation)] = () => ({
    members: [anaId, benId, cleoId].map(({ userId }) => ({ userId, role: 'member', departed: true })),
    departures: [signLeave(cleoId, now), signLeave(anaId, earlier), new Uint8Array(3)].map(toBase64Url),
    revocations: [],
  })
  phone.conversation.intents.want({ kind: 'join' }).catch(() => {})
  await sent(1)
  expect(bundles[0]).not.toHaveProperty('departed')
  phone.receive(inLog(9, bundles[0]!, phone))
  await eventually(() => expect(phone.conversation.record.status).toBe('active'))
  expect(phone.conversation.record.departed).toEqual([cleoId.userId])
  await phone.conversation.outbox.queue(phone.context.newId(), { v: 1, kind: 'text', text: 'hello' })
  await sent(2)
  phone.receive(inLog(10, bundles[1]!, phone))
  await eventually(() => expect(phone.conversation.record.departed).toEqual([]))
})

test('a group that another device created first is as good', async () => {
  const early = await new Device(anaId).begin({ status: 'new', groupNo: 0 })
  early.answers[nameOf(commit)] = () => refuse('group_exists')
  early.answers['POST /v1/key-packages/claim'] = () => ({ keyPackages: [] })
  await expect(early.conversation.intents.want({ kind: 'create', userIds: [] })).resolves.toBeUndefined()
})

test('a change outlives the end of a session', async () => {
  ana.answers[nameOf(commit)] = () => {
    throw new ClientError('session_ended', 'sign in again')
  }
  ana.conversation.intents.want(promoteBen).catch(() => {})
  await eventually(() => expect(calls(ana, commit)).toBeGreaterThan(0))
  ana.isOnline = false
  await ana.conversation.stop()
  expect(await ana.store.list('intents')).toHaveLength(1)
})

test('without a connection no change is sent, and a stopped device does not write its store', async () => {
  ana.isOnline = false
  ana.conversation.intents.want(promoteBen).catch(() => {})
  await ana.conversation.stop()
  const { write } = ana.store
  let writes = 0
  ana.store.write = (batch) => write(batch).finally(() => writes++)
  await new Promise(setImmediate)
  expect([calls(ana, commit), writes]).toEqual([0, 0])
  ana.isOnline = true
  ana.conversation.online()
  await sent(1)
})

test('the number of waiting changes is bounded, and an entry into the group always fits', async () => {
  ana.isOnline = false
  const { intents } = ana.conversation
  const waiting = Array.from({ length: 64 }, (_, epoch) => intents.want({ kind: 'update', groupNo: 1, epoch }))
  for (const one of waiting) one.catch(() => {})
  await expect(intents.want(promoteBen)).rejects.toMatchObject({ code: 'too_many_changes' })
  expect(await ana.store.list('intents')).toHaveLength(64)
  intents.want({ kind: 'join' }).catch(() => {})
  await eventually(async () => expect(await ana.store.list('intents')).toHaveLength(65))
})
