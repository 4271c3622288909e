/**
 * These tests are about errors: one about the contents of an answer ends an attempt with a report,
 * and an unreachable server does not.
 */
import { chatOperations, type LogEntry, limits, type Operation, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createGroup, createIdentity, Device, newId, Writer } from '../../testing/devices.ts'
import type { LookUp } from '../account/look-up.ts'
import { ServerError, Unreachable } from '../errors.ts'

const [anaId, benId] = [createIdentity(), createIdentity()]
const nameOf = ({ method, path }: Operation) => `${method} ${path}`
const { commit, getConversation, getMessage, groupInfo, welcome } = chatOperations
const refuse = (code: ConstructorParameters<typeof ServerError>[0]) => {
  throw new ServerError(code, code, {}, 0)
}

let ana: Writer
let ben: Device
beforeEach(async () => {
  const [anas] = await createGroup([anaId, benId])
  ana = new Writer(anaId, anas!)
  ben = await new Device(benId).begin({ status: 'joining', members: [] })
  ben.answers[nameOf(getConversation)] = () => ({ members: [], departures: [], revocations: [] })
  ben.answers[nameOf(groupInfo)] = () => refuse('busy')
})
afterEach(() => vi.useRealTimers())

const settles = () => eventually(() => expect(ben.conversation.isSettled).toBe(true), { everyMs: 5 })
const lines = () => ben.shown.flatMap(({ event }) => (event?.kind === 'trouble' ? [event.code] : []))
const troubleCodes = () => ben.troubles.flatMap((error) => ('code' in error ? [error.code] : []))
const offerOf = (bytes: Uint8Array | string, seq = 1) => ({
  ...{ seq, groupNo: 1, priorContext: '', priorTag: '' },
  welcome: typeof bytes === 'string' ? bytes : toBase64Url(bytes),
})
const infoOf = (bytes: Uint8Array | string) => ({
  ...{ groupNo: 1, epoch: 1 },
  groupInfo: typeof bytes === 'string' ? bytes : toBase64Url(bytes),
})
const calls = (operation: Operation) => ben.called.filter((name) => name === nameOf(operation)).length
/** Returns bytes that begin as an MLSMessage of that wire format and continue as junk. */
const junk = (wireFormat: number, length = 200) =>
  Uint8Array.from({ length }, (_, at) => [0, 1, 0, wireFormat][at] ?? (at * 37) % 256)

test.each([
  ['is no base64url', () => '§'],
  ['is junk', () => junk(3)],
  ['is missing from the answer', () => undefined as unknown as string],
  ['the server does not give out', () => refuse('forbidden')],
  ['is for no key package of this device', () => Uint8Array.of(0, 1, 0, 3, 0, 1, 0, 0)],
])('a Welcome that %s is given up at once: the device joins from outside', async (_, bytes) => {
  ben.answers[nameOf(welcome)] = () => offerOf(bytes())
  ben.receive(await ana.commits(1))
  await eventually(() => expect(calls(groupInfo)).toBeGreaterThan(0))
  expect(calls(welcome)).toBe(1)
  expect(ben.conversation.record).toMatchObject({ status: 'broken', brokenBy: 'unreadable', cursor: 1 })
})

test.each([
  ['is no base64url', () => infoOf('§')],
  ['is junk', () => infoOf(junk(4))],
  ['is missing from the answer', () => ({})],
  ['is too large', () => refuse('too_large')],
  ['the server refuses to give', () => refuse('forbidden')],
])('a group info that %s ends the join, with a line that says so once', async (_, answer) => {
  ben.answers[nameOf(groupInfo)] = answer
  await expect(ben.conversation.intents.want({ kind: 'join' })).rejects.toThrow()
  await eventually(() => expect(lines()).toEqual(['cannot_enter']))
  await settles()
  await expect(ben.conversation.intents.want({ kind: 'join' })).rejects.toThrow()
  await eventually(() => expect(troubleCodes().filter((code) => code === 'cannot_enter')).toHaveLength(2))
  expect(lines()).toEqual(['cannot_enter'])
})

test('a group with a false key is not joined from outside, and a line names the user once per position', async () => {
  await ana.commits(1)
  ben.answers[nameOf(groupInfo)] = () => infoOf(ana.groupInfo)
  const refusing = { trust: async () => false, found: new Map(), refused: anaId.userId }
  ben.lookUp = () => refusing as Partial<LookUp> as LookUp
  const named = () => ben.shown.map(({ event, from, seq }) => [event?.kind === 'trouble' && event.code, from, seq])
  for (const _ of [1, 2])
    await expect(ben.conversation.intents.want({ kind: 'join' })).rejects.toMatchObject({ code: 'untrusted' })
  await settles()
  expect(named()).toEqual([['key_mismatch', anaId.userId, 0]])
  ben.answers[nameOf(welcome)] = () => refuse('not_found')
  ben.receive(await ana.commits(1))
  await eventually(() => expect(ben.conversation.record.cursor).toBe(1))
  await expect(ben.conversation.intents.want({ kind: 'join' })).rejects.toMatchObject({ code: 'untrusted' })
  await eventually(() => expect(named().at(-1)).toEqual(['key_mismatch', anaId.userId, 1]))
  expect([named().length, calls(commit)]).toEqual([2, 0])
})

test('a group info that breaks the rules is reported, also by a device that has only lost its place', async () => {
  const [, bens] = await createGroup([anaId, benId])
  ben = await new Device(benId).begin({ status: 'broken', brokenBy: 'unreadable', brokenAt: 1 }, bens)
  const unsigned = (await bens!.groupInfo()).map((byte, at, { length }) => (at === length - 1 ? byte ^ 1 : byte))
  ben.answers[nameOf(groupInfo)] = () => infoOf(unsigned)
  await expect(ben.conversation.intents.want({ kind: 'join' })).rejects.toMatchObject({ code: 'unlawful' })
  await eventually(() => expect(lines()).toEqual(['other_history']))
})

test('a server that never answers ends neither a Welcome nor a join from outside', async () => {
  ben.answers[nameOf(welcome)] = () => {
    throw new Unreachable('no answer')
  }
  ben.answers[nameOf(groupInfo)] = ben.answers[nameOf(welcome)]!
  ben.receive(await ana.commits(1))
  await eventually(() => expect(ben.troubles).not.toEqual([]))
  ben.conversation.intents.want({ kind: 'join' }).catch(() => {})
  await eventually(
    () => {
      ben.conversation.intents.run()
      expect(calls(groupInfo)).toBeGreaterThan(10)
    },
    { everyMs: 5 },
  )
  expect([ben.conversation.isSettled, ben.conversation.record.cursor, lines()]).toEqual([false, 0, []])
})

test('no caller waits for ever when a server says again and again that the group has moved on', async () => {
  await ana.commits(1)
  ben.answers[nameOf(groupInfo)] = () => infoOf(ana.groupInfo)
  ben.answers[nameOf(commit)] = () => refuse('stale_epoch')
  ben.conversation.intents.want({ kind: 'join' }).catch(() => {})
  await eventually(
    () => {
      ben.conversation.intents.run()
      expect(lines()).toEqual(['cannot_enter'])
    },
    { everyMs: 5 },
  )
  await settles()
  const before = calls(commit)
  await eventually(
    () => {
      ben.conversation.intents.run()
      expect(calls(commit)).toBeGreaterThan(before)
    },
    { everyMs: 5 },
  )
})

test('no caller waits for ever when a server takes a join and never shows it', async () => {
  await ana.commits(1)
  ben.answers[nameOf(groupInfo)] = () => infoOf(ana.groupInfo)
  ben.answers[nameOf(commit)] = () => ({})
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  ben.conversation.intents.want({ kind: 'join' }).catch(() => {})
  // The real clock sets the bound, because the cryptography takes as long as the machine is busy.
  const endAt = performance.now() + 20_000
  while (lines().length === 0 && performance.now() < endAt) {
    await new Promise(setImmediate)
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(lines()).toEqual(['cannot_enter'])
  expect(ben.conversation.isSettled).toBe(true)
})

const unreadable: [string, () => object, () => unknown][] = [
  ['is no base64url', () => ({ envelope: '§' }), () => refuse('internal')],
  ['the server does not give out whole', () => ({ envelope: undefined }), () => refuse('not_found')],
  [
    'is larger than a commit may be',
    () => ({ envelope: toBase64Url(junk(1, limits.maxCommitBytes + 1)) }),
    () => refuse('internal'),
  ],
  ['is junk', () => ({ envelope: toBase64Url(junk(1)) }), () => refuse('internal')],
]

test.each(unreadable)('a commit that %s blocks nothing, and the device joins again', async (_, change, answer) => {
  const [anas, bens] = await createGroup([anaId, benId])
  ana = new Writer(anaId, anas!)
  ben = await new Device(benId).begin({}, bens)
  ben.answers[nameOf(welcome)] = () => refuse('not_found')
  ben.answers[nameOf(groupInfo)] = () => refuse('forbidden')
  ben.answers[nameOf(getMessage)] = answer
  const first = await ana.commits(1)
  const entry = { ...first, ...change() } as LogEntry
  if (entry.envelope === undefined) delete (entry as { envelope?: string }).envelope
  ben.receive(entry, { ...(await ana.says(2, 'of the next epoch')), id: newId() })
  await eventually(() => expect(ben.conversation.record).toMatchObject({ status: 'broken', cursor: 2 }))
  await settles()
})
