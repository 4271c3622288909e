import type { MessageId, Payload } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { decodeLines, encodeLines, type Line } from '../backup/lines.ts'
import { readOwn } from '../backup/own-lines.ts'
import { putRestored } from '../backup/restored-rows.ts'
import { History } from '../history.ts'
import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { restoreChanges } from './backed-up-change.ts'

const text = (words: string, more: object = {}): Payload => ({ v: 1, kind: 'text', text: words, ...more })

/** Restores lines into a store, a segment at a time, and returns what a person sees there. */
async function restored(segments: readonly (readonly Line[])[], ben: Device) {
  const store: Store = memoryStore()
  for (const lines of segments) {
    const found = await decodeLines(await encodeLines(lines), { conversation, ranges: [[1, 1_000]] })
    const batch = new Batch()
    putRestored(batch, found)
    await restoreChanges(store, batch, found)
    await store.write(batch.writes)
  }
  const entries = await new History(store, ben.context.clock).before(conversation, 100)
  const rows = (await Promise.all((['restored', 'annotations'] as const).map((table) => store.list(table)))).flat()
  return { entries, all: rows.map(({ value }) => Buffer.from(value).toString('utf8')).join('\n') }
}

test('a restored history shows edits, reactions, deletions and pins, in whatever order its segments come', async () => {
  const [anaId, benId] = [createIdentity(), createIdentity()]
  const [anas, bens] = await createGroup([anaId, benId])
  const [ana, ben] = [new Writer(anaId, anas!), await new Device(benId).begin({}, bens)]
  const reads = async (payload: Payload): Promise<MessageId> => {
    const { cursor } = ben.conversation.record
    const entry = await ana.sends(cursor + 1, payload)
    ben.receive(entry)
    await eventually(() => expect(ben.conversation.record.cursor).toBe(cursor + 1), { everyMs: 5 })
    return entry.id
  }
  const own = async () => (await readOwn(ben.store, ben.conversation.record, [[1, 1_000]])).lines
  const first = await reads(text('plum'))
  const second = await reads(text('pear'))
  // The second message is in the backup before it is deleted.
  const before = await own()
  await reads({ v: 1, kind: 'edit', target: first, text: 'quince' })
  await reads({ v: 1, kind: 'reaction', target: first, emoji: '👍' })
  await reads({ v: 1, kind: 'delete', target: second })
  await reads({ v: 1, kind: 'pin', target: first, pinned: true })
  const passing = await reads(text('fig', { expires: 3_600 }))
  await reads({ v: 1, kind: 'edit', target: passing, text: 'date' })
  const after = (await own()).filter(({ seq }) => seq > before.length)
  expect(JSON.stringify(after)).not.toMatch(/fig|date/)

  const shown = await new History(ben.store, ben.context.clock).before(conversation, 100)
  const expected = shown
    .filter(({ expiresAt }) => expiresAt === undefined)
    .map((entry) => ({ ...entry, isRestored: true }))
  for (const segments of [[before, after], [after, before], [[...before, ...after]]]) {
    const { entries, all } = await restored(segments, ben)
    expect(entries).toEqual(expected)
    expect(all).not.toContain('pear')
  }
})
