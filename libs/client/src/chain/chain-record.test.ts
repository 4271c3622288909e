import { type ChainedEntry, type ChainPoint, extendChain, type Group, startChain } from '@fastchat/crypto'
import type { Epoch, GroupNo } from '@fastchat/schema'
import { fromBase64Url, toBase64Url } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, newId } from '../../testing/devices.ts'
import { parseRecord } from '../store/records.ts'
import type { Write } from '../store/store.ts'
import { agrees, beginChain, extendRecord, headOf, isKept, keepApart, removeApart } from './chain-record.ts'
import type { ChainRecord } from './chain-types.ts'
import { frameOf } from './frame-of.ts'

const [group] = (await createGroup([createIdentity(), createIdentity()])) as [Group, Group]
const start = 7
const id = newId()

const entry = (seq: number): ChainedEntry => ({
  ...{ seq, kind: 'application', id, from: id, at: seq },
  envelope: new Uint8Array([seq % 256]),
})

/**
 * Makes a log with that number of entries without a line: its chain, the store, and the true
 * values.
 */
function logOf(count: number) {
  const rows = new Map<string, Uint8Array>()
  const store = (writes: readonly Write[]) => {
    for (const { key, value } of writes) value ? rows.set(key, value) : rows.delete(key)
  }
  let chain = beginChain(undefined, group, start)
  const { groupNo, epoch, confirmedTranscriptHash } = group
  let c = startChain({ conversation, groupNo, epoch, seq: start, confirmedTranscriptHash })
  const truth: ChainPoint[] = [{ seq: start, c }]
  for (let seq = start + 1; seq <= start + count; seq++) {
    const step = keepApart(conversation, extendRecord(chain, entry(seq)))
    chain = step.chain
    store(step.writes)
    c = extendChain(c, entry(seq))
    truth.push({ seq, c })
  }
  const values = [...rows.values()].map((value) => parseRecord<string>(value))
  return { chain, rows, store, truth, values }
}

test('the last 64 values without a line are kept in rows, and older ones are not judged', () => {
  const { chain, rows, truth, values } = logOf(100)
  expect(rows.size).toBe(64)
  expect(values).toEqual(truth.slice(-64).map((point) => toBase64Url(point.c)))
  expect(truth.map(({ seq }) => isKept(chain, seq))).toEqual(truth.map((_, n) => n > 100 - 64 && n < 100))
})

test('a false value or an impossible position does not agree, and a value that is not kept is not judged', () => {
  const { chain, truth } = logOf(40)
  const wrong = ({ seq, c }: ChainPoint) => ({ seq, c: c.map((byte) => byte ^ 1) })
  for (const point of truth) {
    const kept = toBase64Url(point.c)
    expect([agrees(chain, point, kept), agrees(chain, wrong(point), kept)]).toEqual([true, false])
  }
  const [first, last] = [truth[0]!, truth.at(-1)!]
  expect(agrees(chain, last, undefined)).toBe(true)
  expect(agrees(chain, first, undefined)).toBeUndefined()
  expect(agrees(chain, { seq: start - 1, c: first.c }, toBase64Url(first.c))).toBe(false)
  expect(agrees(chain, { seq: start + 41, c: last.c }, toBase64Url(last.c))).toBe(false)
})

test('a message states the last entry read, and the ends of epochs that were not stated yet', () => {
  const { chain, truth } = logOf(3)
  expect(frameOf(chain, group)).toEqual({ seen: truth.at(-1), closings: [], voided: 0 })
  let next: ChainRecord = chain
  const ends = [truth.at(-1)!]
  for (let n = 1; n <= 10; n++) {
    const later = ofEpoch(group.epoch + n)
    next = beginChain(next, later, 100 * n)
    const { closings, seen } = frameOf(next, later)
    expect(seen?.seq).toBe(100 * n)
    expect(closings).toEqual(ends.toReversed().slice(0, 8))
    ends.push({ seq: headOf(next).seq, c: fromBase64Url(headOf(next).c) })
  }
})

test('a new group, or an epoch that this device missed, begins with nothing to state', () => {
  const { chain } = logOf(3)
  for (const other of [ofEpoch(group.epoch + 2), ofEpoch(group.epoch + 1, 2)])
    expect(frameOf(beginChain(chain, other, 50), other).closings).toEqual([])
})

test('after a gap nothing is stated until the next epoch, which does not state the end of this one', () => {
  const { chain } = logOf(3)
  const torn: ChainRecord = { ...chain, missing: 5 }
  expect(frameOf(torn, group)).toEqual({ closings: [], voided: 0 })
  const later = ofEpoch(group.epoch + 1)
  expect(frameOf(beginChain(torn, later, 50), later)).toMatchObject({ seen: { seq: 50 }, closings: [undefined] })
})

test('all rows of a chain that has ended are removed', () => {
  const { chain, rows, store } = logOf(100)
  store(removeApart(conversation, chain))
  expect(rows.size).toBe(0)
})

/** Returns the group in another epoch, as far as a chain sees it. */
function ofEpoch(epoch: number, groupNo: number = group.groupNo): Group {
  // The cast holds because a chain reads only these fields.
  const { confirmedTranscriptHash } = group
  return { conversation, groupNo: groupNo as GroupNo, epoch: epoch as Epoch, confirmedTranscriptHash } as Group
}
