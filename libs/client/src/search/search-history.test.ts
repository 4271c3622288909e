import type { WallMs } from '@fastchat/clock'
import type { LogEntry, MessageId, Payload } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { History } from '../history.ts'
import { Batch, type Entry, parseRecord } from '../store/records.ts'
import { Search } from './search.ts'

// The search over the history as devices store it: what changed a message counts as people see it.

let ana: Writer
let ben: Device
let search: Search
let nowMs: number
beforeEach(async () => {
  const [anaId, benId] = [createIdentity(), createIdentity()]
  const [anas, bens] = await createGroup([anaId, benId])
  ana = new Writer(anaId, anas!)
  ben = await new Device(benId).begin({}, bens)
  nowMs = 1_000
  const history = new History(ben.store, { wallMs: () => nowMs as WallMs })
  search = new Search({
    conversations: () => [ben.conversation.record],
    before: (id, limit, before) => history.before(id, limit, before),
    entry: (id) => history.entry(id),
    isHidden: () => false,
    isRequest: () => false,
  })
  ben.context.events.on('entry', (entry) => search.added(entry))
  ben.context.events.on('changed', ({ id }) => void search.changed(conversation, id))
})

const text = (words: string): Payload => ({ v: 1, kind: 'text', text: words })

async function reads(...entries: readonly LogEntry[]): Promise<void> {
  ben.receive(...entries)
  const last = entries.at(-1)!.seq
  await eventually(() => expect(ben.conversation.record.cursor).toBe(last), { everyMs: 5 })
}

const ids = async (query: string): Promise<(MessageId | undefined)[]> =>
  (await search.search(query)).entries.map(({ id }) => id)

test.each(['before', 'after'])(
  'an edited message is found by its present words, edited %s the first search',
  async (order) => {
    const first = await ana.sends(1, text('the train at nine'))
    await reads(first)
    if (order === 'after') expect(await ids('train')).toEqual([first.id])
    await reads(await ana.sends(2, { v: 1, kind: 'edit', target: first.id, text: 'the ferry at ten' }))
    expect(await ids('train')).toEqual([])
    expect(await ids('ferry')).toEqual([first.id])
  },
)

test.each(['before', 'after'])('a deleted message is not found, deleted %s the first search', async (order) => {
  const first = await ana.sends(1, text('the train at nine'))
  await reads(first)
  if (order === 'after') expect(await ids('train')).toEqual([first.id])
  await reads(await ana.sends(2, { v: 1, kind: 'delete', target: first.id }))
  expect(await ids('train')).toEqual([])
})

test('a message whose time is over is not found, also before it is erased', async () => {
  const first = await ana.sends(1, text('the train at nine'))
  await reads(first)
  const [row] = await ben.store.list('entries')
  await ben.store.write(
    new Batch().put('entries', row!.key, { ...parseRecord<Entry>(row!.value), expiresAt: 5_000 }).writes,
  )
  expect(await ids('train')).toEqual([first.id])
  nowMs = 5_000
  expect(await ids('train')).toEqual([])
})
