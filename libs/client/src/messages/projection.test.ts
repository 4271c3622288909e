import { editableForMs, type LogEntry, type MessageId, type Payload } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, newId, Writer } from '../../testing/devices.ts'
import { History } from '../history.ts'
import { type Entry, parseRecord } from '../store/records.ts'
import { tables } from '../store/store.ts'
import { shownEntries } from './shown-entries.ts'

const [anaId, benId, cleoId] = [createIdentity(), createIdentity(), createIdentity()]

/** Ana is the admin; Cleo is a plain member. Ben reads. */
let ana: Writer
let cleo: Writer
let ben: Device

beforeEach(async () => {
  const [anas, bens, cleos] = await createGroup([anaId, benId, cleoId])
  ana = new Writer(anaId, anas!)
  cleo = new Writer(cleoId, cleos!)
  ben = await new Device(benId).begin({}, bens)
})

const text = (words: string): Payload => ({ v: 1, kind: 'text', text: words })
const edit = (target: MessageId, words: string): Payload => ({ v: 1, kind: 'edit', target, text: words })
const react = (target: MessageId, emoji: string): Payload => ({ v: 1, kind: 'reaction', target, emoji })
const remove = (target: MessageId): Payload => ({ v: 1, kind: 'delete', target })

async function reads(...entries: readonly LogEntry[]): Promise<void> {
  ben.receive(...entries)
  const last = entries.at(-1)!.seq
  await eventually(() => expect(ben.conversation.record.cursor).toBe(last), { everyMs: 5 })
}

const history = () => new History(ben.store, ben.context.clock).before(conversation, 100)
const shown = async (id: MessageId): Promise<Entry | undefined> => (await history()).find((entry) => entry.id === id)
const words = (entry: Entry | undefined) => entry?.payload?.kind === 'text' && entry.payload.text

/** Returns everything in the store, as text. */
async function stored(): Promise<string> {
  const rows = await Promise.all(tables.map((table) => ben.store.list(table)))
  return rows.flatMap((some) => some.map(({ value }) => Buffer.from(value).toString('utf8'))).join('\n')
}

test('edits, reactions and deletions change a message without a line or an unread count', async () => {
  const first = await ana.sends(1, text('hello'))
  await reads(first, await ana.sends(2, edit(first.id, 'hello all')), await cleo.sends(3, react(first.id, '👍')))
  expect(ben.shown).toHaveLength(1)
  expect(ben.conversation.record).toMatchObject({ unread: 1, lastAt: 1 })
  const entry = await shown(first.id)
  expect(words(entry)).toBe('hello all')
  expect(entry?.annotations).toEqual({
    edited: { at: 2, times: 1 },
    reactions: [{ emoji: '👍', users: [cleoId.userId] }],
  })
  expect(await history()).toHaveLength(1)
})

test('a change in the same batch as its message, and one after a restart, look the same', async () => {
  const first = await ana.sends(1, text('hello'))
  const changes = [await ana.sends(2, edit(first.id, 'one')), await ana.sends(3, edit(first.id, 'two'))]
  await reads(first, ...changes)
  ben = await ben.again()
  await reads(await ana.sends(4, edit(first.id, 'three')))
  expect(words(await shown(first.id))).toBe('three')
  expect((await shown(first.id))?.annotations?.edited?.times).toBe(3)
})

describe('a lying member', () => {
  test('edits nothing of others, and nothing after a day', async () => {
    const first = await ana.sends(1, text('hello'))
    const late = { ...(await ana.sends(3, edit(first.id, 'late'))), at: first.at + editableForMs + 1 }
    await reads(first, await cleo.sends(2, edit(first.id, 'I owe you')), late)
    expect(words(await shown(first.id))).toBe('hello')
    expect((await shown(first.id))?.annotations).toBeUndefined()
  })

  test('deletes nothing of others, as an admin does', async () => {
    const [one, two] = [await ana.sends(1, text('one')), await cleo.sends(2, text('two'))]
    await reads(one, two, await cleo.sends(3, remove(one.id)), await ana.sends(4, remove(two.id)))
    expect(words(await shown(one.id))).toBe('one')
    expect(await shown(two.id)).toMatchObject({ annotations: { deleted: { by: anaId.userId } } })
  })

  test('changes no message of another chat', async () => {
    const [other, place] = [newId<MessageId>(), 'other chat/1']
    const entry: Entry = {
      ...{ type: 'message', conversation: newId(), seq: 1, at: 1 },
      from: cleoId.userId,
      id: other,
    }
    const put = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
    await ben.store.write([
      { table: 'entries', key: place, value: put({ ...entry, payload: text('elsewhere') }) },
      { table: 'messageIds', key: other, value: put(place) },
    ])
    await reads(await cleo.sends(1, edit(other, 'changed')), await cleo.sends(2, remove(other)))
    const kept = parseRecord<Entry>((await ben.store.get('entries', place))!)
    expect((await shownEntries(ben.store, [kept], 0))[0]).toMatchObject({ payload: text('elsewhere') })
  })

  test('pins nothing and sets no timer, and no line says so', async () => {
    const first = await ana.sends(1, text('hello'))
    const timer: Payload = { v: 1, kind: 'timer', seconds: 30 }
    await reads(first, await cleo.sends(2, { v: 1, kind: 'pin', target: first.id, pinned: true }))
    await reads(await cleo.sends(3, timer), await ana.sends(4, text('stays')))
    expect(await history()).toHaveLength(2)
    expect((await history())[1]?.expiresAt).toBeUndefined()
  })
})

test('no table keeps any version of a deleted message', async () => {
  const first = await ana.sends(1, text('plum'))
  await reads(first, await ana.sends(2, edit(first.id, 'pear')))
  expect(await stored()).toMatch(/plum[\s\S]*pear|pear[\s\S]*plum/)
  await reads(await ana.sends(3, remove(first.id)), await ana.sends(4, edit(first.id, 'quince')))
  expect(await stored()).not.toMatch(/plum|pear|quince/)
  expect((await shown(first.id))?.payload).toBeUndefined()
})

test('a change whose message comes later waits for it', async () => {
  const id = newId<MessageId>()
  const early = await ana.sends(1, edit(id, 'hi'))
  const [first, stranger] = [{ ...(await ana.sends(2, text('hello'))), id }, await cleo.sends(3, edit(id, 'no'))]
  await reads(early, first, stranger)
  expect(words(await shown(first.id))).toBe('hi')
})

test('an answer quotes this device’s history, whatever its sender claims', async () => {
  const first = await ana.sends(1, text('I never said that'))
  const answer = Object.assign(text('see'), { replyTo: first.id, quote: { text: 'I did say that' } })
  const [second, third] = [
    await cleo.sends(2, answer),
    await cleo.sends(3, { ...text('?'), replyTo: newId() } as Payload),
  ]
  await reads(first, second, third)
  const quote = { id: first.id, kind: 'text', seq: 1, from: anaId.userId, text: 'I never said that' }
  expect((await shown(second.id))?.annotations?.quote).toEqual(quote)
  expect((await shown(third.id))?.annotations?.quote?.kind).toBe('missing')
  await reads(await ana.sends(4, remove(first.id)))
  expect((await shown(second.id))?.annotations?.quote).toEqual({ id: first.id, kind: 'missing' })
})

test('a mention of this user is told', async () => {
  const told: (MessageId | undefined)[] = []
  ben.context.events.on('mentioned', ({ id }) => told.push(id))
  const mention = (users: string[]) => ({ ...text('@ben'), mentions: users }) as Payload
  const entries = [await ana.sends(1, mention([benId.userId])), await ana.sends(2, mention([cleoId.userId]))]
  await reads(...entries)
  expect(told).toEqual([entries[0]!.id])
})

test('pins and the timer are lines for all', async () => {
  const first = await ana.sends(1, text('hello'))
  await reads(
    first,
    await ana.sends(2, { v: 1, kind: 'pin', target: first.id, pinned: true }),
    await ana.sends(3, { v: 1, kind: 'timer', seconds: 3600 }),
    await ana.sends(4, { v: 1, kind: 'timer', seconds: 3 }),
  )
  expect(ben.shown.slice(1).map(({ event }) => event)).toEqual([
    { kind: 'pinned', target: first.id },
    { kind: 'timer', seconds: 3600 },
  ])
  expect((await shown(first.id))?.annotations?.isPinned).toBe(true)
})

test('a kind of a newer version is shown as unknown and counts as unread, and unknown fields are ignored', async () => {
  // The casts hold because a newer version sends what this one does not know.
  const poll = await ana.sends(1, { v: 1, kind: 'poll', question: 'when?' } as unknown as Payload)
  const more = await ana.sends(2, { ...text('hello'), mood: 'sunny', expires: undefined } as unknown as Payload)
  const change = await ana.sends(3, { ...edit(more.id, 'hello all'), why: 'typo' } as unknown as Payload)
  await reads(poll, more, change)
  expect(await shown(poll.id)).toMatchObject({ type: 'message', payload: { kind: 'unknown' } })
  expect(words(await shown(more.id))).toBe('hello all')
  expect(ben.conversation.record.unread).toBe(2)
  // It is deleted as other messages are.
  await reads(await ana.sends(4, remove(poll.id)))
  expect((await shown(poll.id))?.payload).toBeUndefined()
})
