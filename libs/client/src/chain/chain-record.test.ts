import { type ChainedEntry, type ChainPoint, extendChain, type Group, startChain } from '@fastchat/crypto'
import type { Epoch, GroupNo } from '@fastchat/schema'
import { fromBase64Url } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { parseRecord } from '../store/records.ts'
import type { Write } from '../store/store.ts'
import { conversation, createGroup, createIdentity, newId } from '../test-support.ts'
import {
  agrees,
  beginChain,
  type ChainRecord,
  extendRecord,
  headOf,
  pageKey,
  pageWith,
  removePages,
} from './chain-record.ts'
import { frameOf } from './frame-of.ts'

const [group] = (await createGroup([createIdentity(), createIdentity()])) as [Group, Group]
const start = 7
const id = newId()

const entry = (seq: number): ChainedEntry => ({
  ...{ seq, kind: 'application', id, from: id, at: seq },
  envelope: new Uint8Array([seq % 256]),
})

/** A log of so many entries after the commit: the chain over it, what is in the store, and what is true. */
function logOf(count: number) {
  const pages = new Map<string, Uint8Array>()
  const store = (writes: readonly Write[]) => {
    for (const { key, value } of writes) value ? pages.set(key, value) : pages.delete(key)
  }
  let chain = beginChain(undefined, group, start)
  const { groupNo, epoch, confirmedTranscriptHash } = group
  let c = startChain({ conversation, groupNo, epoch, seq: start, confirmedTranscriptHash })
  const truth: ChainPoint[] = [{ seq: start, c }]
  for (let seq = start + 1; seq <= start + count; seq++) {
    const step = extendRecord(conversation, chain, entry(seq))
    chain = step.chain
    store(step.writes)
    c = extendChain(c, entry(seq))
    truth.push({ seq, c })
  }
  const agree = (point: ChainPoint) => {
    const from = pageWith(chain, point.seq)
    const value = from === undefined ? undefined : pages.get(pageKey(conversation, from))
    return agrees(chain, point, value && from !== undefined ? { from, values: parseRecord(value) } : undefined)
  }
  return { chain, pages, store, truth, agree }
}

test('each of the last 1 024 positions is known; what is older is not judged', () => {
  const { agree, truth, pages } = logOf(1_300)
  const answers = truth.map(agree)
  const known = answers.indexOf(true)
  expect(answers.slice(0, known).every((answer) => answer === undefined)).toBe(true)
  expect(answers.slice(known).every((answer) => answer === true)).toBe(true)
  expect(answers.length - known).toBeGreaterThanOrEqual(1_024)
  expect(answers.length - known).toBeLessThanOrEqual(1_024 + 32)
  expect(pages.size).toBeLessThanOrEqual(65)
})

test('another value, a position before the epoch and one not read yet do not agree', () => {
  const { agree, truth } = logOf(40)
  for (const { seq, c } of truth) expect(agree({ seq, c: c.map((byte) => byte ^ 1) })).toBe(false)
  const [first] = truth
  expect(agree({ seq: start - 1, c: first!.c })).toBe(false)
  expect(agree({ seq: start + 41, c: truth.at(-1)!.c })).toBe(false)
})

test('what a message tells is the last entry read, and the ends of epochs that were not told yet', () => {
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

test('a new group, or an epoch that this device missed, begins with nothing to tell', () => {
  const { chain } = logOf(3)
  for (const other of [ofEpoch(group.epoch + 2), ofEpoch(group.epoch + 1, 2)])
    expect(frameOf(beginChain(chain, other, 50), other).closings).toEqual([])
})

test('after a gap nothing is told until the next epoch, whose messages do not tell of this one', () => {
  const { chain } = logOf(3)
  const torn: ChainRecord = { ...chain, missing: 5 }
  expect(frameOf(torn, group)).toEqual({ closings: [], voided: 0 })
  const later = ofEpoch(group.epoch + 1)
  expect(frameOf(beginChain(torn, later, 50), later)).toMatchObject({ seen: { seq: 50 }, closings: [undefined] })
})

test('the pages of a chain that has ended are removed, all of them', () => {
  const { chain, pages, store } = logOf(1_300)
  store(removePages(conversation, chain))
  expect(pages.size).toBe(0)
})

/** The group as it would be in another epoch, as far as a chain sees it. */
function ofEpoch(epoch: number, groupNo: number = group.groupNo): Group {
  // Only these are read.
  const { confirmedTranscriptHash } = group
  return { conversation, groupNo: groupNo as GroupNo, epoch: epoch as Epoch, confirmedTranscriptHash } as Group
}
