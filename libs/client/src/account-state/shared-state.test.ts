import type { WallMs } from '@fastchat/clock'
import { createAccountKey, deriveStateKey } from '@fastchat/crypto'
import {
  authOperations,
  type ConversationId,
  type Head,
  type Operation,
  type Seq,
  type SharedPin,
  type SharedProfile,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { ServerError, Unreachable } from '../errors.ts'
import { type Decisions, mergeDecisions, noDecisions, sharedDecisions } from '../people/decisions.ts'
import { Batch } from '../store/records.ts'
import type { TroubleCode } from '../trouble-words.ts'
import { emptyContents } from './contents.ts'
import { openContents, sealContents } from './sealed.ts'
import { SharedState } from './shared-state.ts'
import type { PresentHead } from './state-exchange.ts'

const userId = newId<UserId>()
const [bob, cleo] = [newId<UserId>(), newId<UserId>()]
const chat = newId<ConversationId>()
const stateKey = deriveStateKey(createAccountKey().accountPrivate)
const sealer = { stateKey, userId }
const key = (byte: number) => toBase64Url(new Uint8Array(32).fill(byte))
const roster: Head['roster'] = { kind: 'direct', members: [{ userId, role: 'member' }] }
// The casts hold because the test chooses the numbers.
const headAt = (epoch: number, hash = key(epoch)) => ({ groupNo: 1, epoch, contextHash: hash, roster }) as Head

/** The server's account state. The server stores it, and may lie. */
let server: { version: number; body: string }
let calls: string[]
let isAway: boolean
/** Another device that stores something between a read and a write of this one. */
let faster: (() => Promise<void>) | undefined
beforeEach(() => {
  server = { version: 0, body: '' }
  calls = []
  isAway = false
  faster = undefined
})

async function call(operation: Operation, input: { query?: { after?: number }; body?: typeof server }) {
  if (isAway) throw new Unreachable('away')
  calls.push(operation.method)
  if (operation === authOperations.getAccountState) {
    const { version, body } = server
    return version > (input.query?.after ?? 0) ? { version, body } : { version }
  }
  await faster?.()
  if (input.body?.version !== server.version + 1) throw new ServerError('stale_version', '')
  server = input.body
  return { version: server.version }
}

class TestDevice {
  readonly pins: Record<string, SharedPin> = {}
  readonly heads = new Map<ConversationId, Head>()
  readonly told: (TroubleCode | `split ${ConversationId}`)[] = []
  readonly taken: Record<string, SharedPin>[] = []
  readonly names: string[] = []
  decisions: Decisions = noDecisions
  readonly store = memoryStore()
  nowMs = 1_000_000
  isOnline = true
  state!: SharedState

  async open(hasKey = true): Promise<this> {
    const port = {
      api: { call: call as never },
      store: this.store,
      pins: { shared: () => this.pins, share: async (pins: Record<string, SharedPin>) => void this.taken.push(pins) },
      heads: () =>
        new Map<ConversationId, PresentHead>(
          [...this.heads].map(([id, { contextHash, ...head }]) => [id, { ...head, contextHash: () => contextHash }]),
        ),
      people: {
        shared: () => sharedDecisions(this.decisions),
        take: async (decisions: Partial<Decisions>) => {
          this.decisions = mergeDecisions(this.decisions, decisions)
        },
      },
      isOnline: () => this.isOnline,
      tell: ({ code }: { code: TroubleCode }) => void this.told.push(code),
      split: (id: ConversationId) => void this.told.push(`split ${id}`),
      named: async (id: ConversationId, { name, seq }: SharedProfile) => void this.names.push(`${id} ${name} ${seq}`),
      clock: { wallMs: () => this.nowMs as WallMs },
      random: () => 0,
    }
    const identity = { userId, ...(hasKey && { stateKey: toBase64Url(stateKey) }) }
    this.state = new SharedState(identity, await SharedState.read(this.store), port)
    return this
  }
}
const stored = () => openContents(sealer, server.version, server.body)

test('devices take over each other’s pins, and each adds its own', async () => {
  const [laptop, phone] = [await new TestDevice().open(), await new TestDevice().open()]
  laptop.pins[bob] = { accountKey: key(1), username: 'bob' }
  laptop.heads.set(chat, headAt(4))
  await laptop.state.connected('db')
  phone.pins[cleo] = { accountKey: key(2) }
  await phone.state.connected('db')
  expect(phone.taken).toEqual([{ [bob]: { accountKey: key(1), username: 'bob' } }])
  expect(phone.state.head(chat)).toEqual(headAt(4))
  expect(await stored()).toEqual({
    v: 1,
    pins: { [bob]: { accountKey: key(1), username: 'bob' }, [cleo]: { accountKey: key(2) } },
    heads: { [chat]: headAt(4) },
  })
  expect([laptop.told, phone.told]).toEqual([[], []])
})

test('without news nothing is stored, and nothing is asked for ten minutes', async () => {
  const laptop = await new TestDevice().open()
  laptop.pins[bob] = { accountKey: key(1) }
  await laptop.state.connected('db')
  expect(calls).toEqual(['GET', 'PUT'])
  laptop.nowMs += 9 * 60_000
  await laptop.state.connected('db')
  expect(calls).toEqual(['GET', 'PUT'])
  laptop.nowMs += 60_000
  await laptop.state.connected('db')
  expect(calls).toEqual(['GET', 'PUT', 'GET'])
})

test('after a restore of the server, repeated versions are read and not reported', async () => {
  const [laptop, phone] = [await new TestDevice().open(), await new TestDevice().open()]
  laptop.pins[bob] = { accountKey: key(1) }
  await laptop.state.connected('db')
  const copy = server
  laptop.pins[cleo] = { accountKey: key(2) }
  await laptop.state.connected('db')
  server = copy
  const [dan] = [newId<UserId>()]
  phone.pins[dan] = { accountKey: key(3) }
  await phone.state.connected('restored')
  expect(server.version).toBe(2)
  await laptop.state.connected('restored')
  expect((await stored()).pins).toEqual({ ...laptop.pins, ...phone.pins })
  expect([laptop.told, phone.told]).toEqual([[], []])
  await laptop.state.connected('restored')
  expect(server.version).toBe(3)
})

test('when another device is faster, both states are stored', async () => {
  const [laptop, phone] = [await new TestDevice().open(), await new TestDevice().open()]
  laptop.pins[bob] = { accountKey: key(1) }
  phone.pins[cleo] = { accountKey: key(2) }
  faster = async () => {
    faster = undefined
    await phone.state.sync()
  }
  await laptop.state.sync()
  expect(server.version).toBe(2)
  expect((await stored()).pins).toEqual({ [bob]: { accountKey: key(1) }, [cleo]: { accountKey: key(2) } })
})

test('a device stops asking a server that always has another version', async () => {
  const laptop = await new TestDevice().open()
  laptop.pins[bob] = { accountKey: key(1) }
  faster = async () => {
    server = {
      version: server.version + 1,
      body: (await sealContents(sealer, server.version + 1, emptyContents)) ?? '',
    }
  }
  await laptop.state.sync()
  expect(calls.filter((method) => method === 'PUT')).toHaveLength(8)
})

test('a server that returns to an older state is reported once and gets the whole state again', async () => {
  const laptop = await new TestDevice().open()
  laptop.pins[bob] = { accountKey: key(1) }
  await laptop.state.sync()
  const old = server
  laptop.pins[cleo] = { accountKey: key(2) }
  await laptop.state.sync()
  server = old
  await laptop.state.sync()
  expect(laptop.told).toEqual(['account_state_old'])
  expect((await stored()).pins).toEqual(laptop.pins)
  await laptop.state.sync()
  expect(laptop.told).toEqual(['account_state_old'])
})

test.each([
  ['bytes that nobody sealed', async () => toBase64Url(new Uint8Array(5000))],
  ['an old state under a new number', async () => (await sealContents(sealer, 1, emptyContents)) ?? ''],
  [
    'the state of another account',
    async () => (await sealContents({ ...sealer, userId: bob }, 9, emptyContents)) ?? '',
  ],
])('%s is told of, used for nothing and replaced', async (_, body) => {
  const laptop = await new TestDevice().open()
  laptop.pins[bob] = { accountKey: key(1) }
  await laptop.state.sync()
  server = { version: 9, body: await body() }
  await laptop.state.sync()
  expect(laptop.told).toEqual(['account_state_wrong'])
  expect(laptop.taken).toEqual([])
  expect(server.version).toBe(10)
  expect((await stored()).pins).toEqual(laptop.pins)
})

test('devices in different groups at one epoch are reported and do not overwrite each other for ever', async () => {
  const [laptop, phone] = [await new TestDevice().open(), await new TestDevice().open()]
  laptop.heads.set(chat, headAt(4, key(1)))
  phone.heads.set(chat, headAt(4, key(2)))
  await laptop.state.sync()
  await phone.state.sync()
  expect(phone.told).toEqual([`split ${chat}`])
  await laptop.state.sync()
  await phone.state.sync()
  expect(server.version).toBe(1)
  expect(phone.told).toEqual([`split ${chat}`])
})

test('a head that another device knows later than this one does not go back', async () => {
  const [laptop, phone] = [await new TestDevice().open(), await new TestDevice().open()]
  laptop.heads.set(chat, headAt(9))
  await laptop.state.sync()
  phone.heads.set(chat, headAt(4))
  await phone.state.connected('db')
  expect(phone.state.head(chat)).toEqual(headAt(9))
  expect((await stored()).heads).toEqual({ [chat]: headAt(9) })
})

test('a name reaches the other devices, also from a device that does not know the latest state of the group', async () => {
  const [laptop, phone] = [await new TestDevice().open(), await new TestDevice().open()]
  phone.heads.set(chat, headAt(9))
  await phone.state.sync()
  laptop.heads.set(chat, { ...headAt(4), profile: { name: 'Team', seq: 3 as Seq } })
  await laptop.state.sync()
  expect((await stored()).heads).toEqual({ [chat]: { ...headAt(9), profile: { name: 'Team', seq: 3 } } })
  await phone.state.sync()
  expect(phone.names).toEqual([`${chat} Team 3`])
})

test('a device that ends stores a new name, though the group has not moved', async () => {
  const laptop = await new TestDevice().open()
  laptop.heads.set(chat, headAt(4))
  await laptop.state.sync()
  laptop.heads.set(chat, { ...headAt(4), profile: { name: 'Team', seq: 3 as Seq } })
  laptop.state.moved(chat, { groupNo: 1, epoch: 4 }, 3)
  await laptop.state.stop()
  expect((await stored()).heads[chat]?.profile).toEqual({ name: 'Team', seq: 3 })
})

test('a failed upload is repeated after the next connection, also by another process', async () => {
  const laptop = await new TestDevice().open()
  laptop.pins[bob] = { accountKey: key(1) }
  isAway = true
  await expect(laptop.state.connected('db')).rejects.toThrow(Unreachable)
  isAway = false
  await (await laptop.open()).state.connected('db')
  expect((await stored()).pins).toEqual(laptop.pins)
})

test('a device that stops uploads pending changes at once, unless it is offline', async () => {
  const laptop = await new TestDevice().open()
  laptop.heads.set(chat, headAt(4))
  laptop.state.moved(chat, { groupNo: 1, epoch: 4 }, 0)
  await laptop.state.stop()
  expect((await stored()).heads).toEqual({ [chat]: headAt(4) })

  laptop.isOnline = false
  laptop.heads.set(chat, headAt(5))
  await laptop.open()
  laptop.state.moved(chat, { groupNo: 1, epoch: 5 }, 0)
  await laptop.state.stop()
  expect((await stored()).heads).toEqual({ [chat]: headAt(4) })
})

test('a device without the key takes no part', async () => {
  const old = await new TestDevice().open(false)
  old.pins[bob] = { accountKey: key(1) }
  await old.state.connected('db')
  old.state.changed()
  await old.state.stop()
  expect(calls).toEqual([])
})

test('a state that is too large is reported, and the stored one stays', async () => {
  const laptop = await new TestDevice().open()
  laptop.pins[bob] = { accountKey: key(1) }
  await laptop.state.sync()
  for (let n = 0; n < 12_000; n++) laptop.pins[newId<UserId>()] = { accountKey: key(2), username: `user-${n}` }
  await laptop.state.sync()
  expect(laptop.told).toEqual(['account_state_full'])
  expect(server.version).toBe(1)
})

test('a new device begins with the stored state', async () => {
  const laptop = await new TestDevice().open()
  laptop.pins[bob] = { accountKey: key(1), username: 'bob' }
  laptop.heads.set(chat, headAt(4))
  await laptop.state.sync()
  const phone = new TestDevice()
  const batch = new Batch()
  SharedState.begin(batch, { version: server.version, contents: await stored() })
  await phone.store.write(batch.writes)
  await phone.open()
  expect(phone.state.head(chat)).toEqual(headAt(4))
  expect(batch.writes.filter(({ table }) => table === 'pins').map(({ key: id }) => id)).toEqual([bob])
})

test('devices share decisions, and a server with an older state takes none back', async () => {
  const laptop = await new TestDevice().open()
  laptop.decisions = { people: { [bob]: { mark: { n: 1, key: key(1) } } }, chats: {} }
  await laptop.state.sync()
  const old = { ...server }
  laptop.decisions = mergeDecisions(laptop.decisions, { people: { [bob]: { standing: { n: 1, is: 'blocked' } } } })
  await laptop.state.sync()
  const phone = await new TestDevice().open()
  await phone.state.sync()
  expect(phone.decisions).toEqual(laptop.decisions)
  server = old
  await phone.state.sync()
  expect(phone.told).toEqual(['account_state_old'])
  expect(phone.decisions).toEqual(laptop.decisions)
  expect((await stored()).people).toEqual(laptop.decisions.people)
})
