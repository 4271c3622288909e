import { CannotProcess, decodeChained, Group, type GroupEvent, UnlawfulCommit } from '@fastchat/crypto'
import type { Leaf } from '@fastchat/crypto/verify'
import { fromBase64Url, type LogEntry, type MessageId, type Roster, shownLabel, toBase64Url } from '@fastchat/schema'
import {
  type ConversationRecord,
  type Entry,
  getRecord,
  type IntentRecord,
  type OutboxRecord,
  parseRecord,
  type SystemEvent,
} from '../store/records.ts'
import { attributed, fromRevoked, isAttempt, isSender, misdelivered } from './attributed.ts'
import type { Context } from './context.ts'
import { describeChange } from './describe-change.ts'
import { envelopeOf } from './envelope-of.ts'
import { lastSeen } from './last-seen.ts'
import { outside, unreadable, whileBroken } from './outside-group.ts'
import { decodePayload } from './payload-bytes.ts'
import { readLeave } from './read-leave.ts'
import { readRevocation } from './read-revocation.ts'
import type { Reading, View } from './reading.ts'
import { revokedOf, withoutRemoved, withRevoked } from './revocations.ts'

type Own = {
  readonly outbox: ReadonlyMap<MessageId, OutboxRecord>
  readonly attempt: NonNullable<IntentRecord['attempt']> | undefined
}

/**
 * Reads the entry at `cursor + 1` of a conversation's log. Only here ciphertext becomes history. It
 * stores nothing: the caller stores the returned reading as one batch.
 *
 * @throws the error of the directory when it does not look up users whom a commit adds: the entry
 *   is to be read again
 */
export async function readEntry(context: Context, view: View, entry: LogEntry, own: Own): Promise<Reading> {
  const record = { ...view.record, cursor: entry.seq }
  const { conversation, seq, at } = entry
  const base = { conversation, seq, at }
  if (own.attempt?.id === entry.id && isAttempt(context, entry, own.attempt))
    return await adopt(context, view, entry, own.attempt)
  if (seq <= view.record.joinedSeq) return { record, group: view.group, entries: [] }
  if (entry.kind === 'application' && record.isRestored && (await isInHistory(context, entry)))
    return await readRepeated(context, { record, group: view.group }, entry, own)
  if (!view.group) return outside(context, record, entry)
  if (entry.kind === 'leave') return await readLeave(context, { record, group: view.group }, entry)
  if (entry.kind === 'revocation' && record.status !== 'broken')
    return await readRevocation(context, { record, group: view.group }, entry)
  if (entry.kind === 'application' && entry.from === context.identity.deviceId) {
    const sent = own.outbox.get(entry.id)
    if (!sent) return await readForeign(context, { record, group: view.group }, entry)
    return { ...shown(record, view.group, ownEntry(context, sent, entry)), ...sentAt(sent, entry) }
  }
  if (view.record.status === 'broken')
    return (await readFormer({ record, group: view.group }, entry)) ?? whileBroken({ record, group: view.group }, entry)
  const lookUp = context.pins.lookUp()
  const judgedBy = { trust: lookUp.trust, departed: view.record.departed, revoked: revokedOf(record) }
  try {
    const { group, event, forget } = await view.group.process(bytesOf(entry), judgedBy, record.chain?.missing)
    if (event.type === 'message') {
      const { said, payload } = opened(event)
      const { userId, deviceId } = event.sender
      if (!isSender(context, event.sender, entry)) return { ...misdelivered({ record, group }, entry), said, forget }
      if (revokedOf(record).includes(deviceId))
        return { ...fromRevoked({ record, group }, event.sender, entry), said, forget }
      return {
        ...shown(record, group, { ...base, type: 'message', id: entry.id, from: userId, device: deviceId, payload }),
        said,
        forget,
      }
    }
    const reading = changed(view.group.roster, { record, group }, event.change.roster, entry, event.committer)
    const before = view.group.members()
    const fresh = event.change.addedLeaves.filter(({ deviceId }) => !before.some((leaf) => leaf.deviceId === deviceId))
    const entries = event.change.rosterChanged
      ? reading.entries
      : [...reading.entries, ...arrivals(before, fresh, base)]
    const newcomers = fresh.map(({ leafIndex }) => leafIndex)
    const misled = await misleadingIn(group, entry, event.committer)
    const lines = misled ? [...entries, misled] : entries
    return {
      ...reading,
      ...attributed(lines, event.committer, entry),
      ...(misled && { isMisleading: true }),
      ...{ newcomers, pins: lookUp.found, forget, heard: event.committer.userId },
    }
  } catch (error) {
    if (entry.kind === 'application') return unreadable({ record, group: view.group }, entry)
    if (!(error instanceof UnlawfulCommit) && !(error instanceof CannotProcess)) throw error
    const trouble = error instanceof UnlawfulCommit ? 'unlawful' : 'unreadable'
    const event: SystemEvent = { kind: 'broken', reason: error.message }
    return {
      record: { ...record, status: 'broken', brokenBy: trouble, brokenAt: seq },
      group: view.group,
      entries: trouble === 'unlawful' ? [{ ...base, type: 'system', event }] : [],
      trouble,
      failure: error,
    }
  }
}

/**
 * Reads a message of a group under the former rules, which had no chain. Returns undefined for
 * other entries, and for messages behind a commit of those rules: this version does not follow such
 * commits.
 */
async function readFormer(
  { record, group: former }: View & { group: Group },
  entry: LogEntry,
): Promise<Reading | undefined> {
  if (record.brokenBy !== 'upgrade' || entry.kind !== 'application') return undefined
  const { conversation, seq, at, id } = entry
  const read = await former
    .process(bytesOf(entry), { trust: () => false, departed: [], revoked: [] })
    .catch(() => undefined)
  if (read?.event.type !== 'message') return undefined
  const { userId, deviceId } = read.event.sender
  if (deviceId !== entry.from) return { ...misdelivered({ record, group: read.group }, entry), forget: read.forget }
  const payload = decodePayload(read.event.plaintext)
  const line: Entry = { conversation, seq, at, id, type: 'message', from: userId, device: deviceId, payload }
  return { ...shown(record, read.group, line), forget: read.forget }
}

/**
 * Reads a message that is delivered as one of this device, but is not in its outbox. Another device
 * may have written it.
 */
async function readForeign(
  context: Context,
  { record, group }: View & { group: Group },
  entry: LogEntry,
): Promise<Reading> {
  const checks = { trust: context.pins.trust, departed: record.departed, revoked: revokedOf(record) }
  try {
    const read = await group.process(bytesOf(entry), checks, record.chain?.missing)
    return { ...misdelivered({ record, group: read.group }, entry), forget: read.forget }
  } catch (error) {
    const isOurs = error instanceof CannotProcess && error.code === 'own'
    return isOurs ? forgotten({ record, group }, entry) : unreadable({ record, group }, entry)
  }
}

/**
 * Returns the reading of this device's own message that it does not know. Its files are older than
 * they were, so its ratchet may have run back. It encrypts nothing more in this epoch: two messages
 * could share a key, and the second one would be unreadable.
 */
function forgotten({ record, group }: View & { group: Group }, { conversation, seq, at }: LogEntry): Reading {
  const { groupNo, epoch } = group
  const isKnown = record.runBack?.groupNo === groupNo && record.runBack.epoch === epoch
  const event: SystemEvent = { kind: 'trouble', code: 'home_restored' }
  const line: Entry = { conversation, seq, at, type: 'system', event }
  return {
    ...{ record: { ...record, runBack: { groupNo, epoch } }, group, hasRunBack: true },
    entries: isKnown ? [] : [line],
  }
}

/**
 * Returns the bytes of an envelope. An envelope that is not base64url has none: every message and
 * commit has at least one byte.
 */
function bytesOf(entry: LogEntry): Uint8Array {
  const envelope = envelopeOf(entry)
  return typeof envelope === 'string' ? new Uint8Array() : envelope
}

/** Returns the content of a message: its sender's view of the log, and the payload. */
function opened({ sender, epoch, skipped, plaintext }: Extract<GroupEvent, { type: 'message' }>) {
  const chained = decodeChained(plaintext)
  const payload = chained ? decodePayload(chained.payload) : ({ kind: 'unknown' } as const)
  return { said: { sender, epoch, skipped, frame: chained?.frame }, payload }
}

const sentAt = ({ stored }: OutboxRecord, { id, seq, at }: LogEntry): Pick<Reading, 'sent' | 'ackedSeq'> => ({
  sent: { id, seq, at },
  ...(stored && { ackedSeq: stored.seq }),
})

/**
 * Returns whether the same message of the same device is in the history, at a position that a
 * restored server has forgotten.
 */
async function isInHistory({ store }: Context, { id, from }: LogEntry): Promise<boolean> {
  const place = await store.get('messageIds', id)
  const known = place && (await getRecord<Entry>(store, 'entries', parseRecord<string>(place)))
  return known?.device === from
}

/**
 * Reads a message that is in the history. It is decrypted only so that the sender's ratchet stays
 * in step.
 */
async function readRepeated(context: Context, { record, group }: View, entry: LogEntry, own: Own): Promise<Reading> {
  const sent = own.outbox.get(entry.id)
  if (entry.from === context.identity.deviceId) return { record, group, entries: [], ...(sent && sentAt(sent, entry)) }
  if (!group || record.status !== 'active') return { record, group, entries: [] }
  const checks = { trust: context.pins.trust, departed: record.departed, revoked: revokedOf(record) }
  const read = await group.process(bytesOf(entry), checks, record.chain?.missing).catch(() => undefined)
  if (!read) return { record, group, entries: [] }
  const said = read.event.type === 'message' ? { said: opened(read.event).said } : {}
  return { record, group: read.group, entries: [], forget: read.forget, ...said }
}

/**
 * Adopts this device's own commit. The server took it, so the pending state becomes the state (RFC
 * 9420 §14).
 */
async function adopt(
  context: Context,
  view: View,
  entry: LogEntry,
  attempt: NonNullable<IntentRecord['attempt']>,
): Promise<Reading> {
  const group = Group.decode(fromBase64Url(attempt.pending), context.identity)
  const record = { ...view.record, cursor: entry.seq }
  const isSame = view.group !== undefined && view.record.status === 'active' && view.group.groupNo === group.groupNo
  if (isSame && view.group) {
    const reading = changed(view.group.roster, { record, group }, group.roster, entry, context.identity)
    return { ...reading, ...attributed(reading.entries, context.identity, entry), adopted: entry.id }
  }
  const { conversation, seq, at } = entry
  const kind = attempt.epoch === 0 ? (group.groupNo === 1 ? 'created' : 'restarted') : 'joined'
  const entered = withMembers(record, group)
  // A join from outside removes no one: members who had left are still to be removed.
  const left = kind === 'joined' ? [...record.departed, ...(attempt.departed ?? [])] : []
  const departed = [...new Set(left)].filter((userId) => entered.members.some((member) => member.userId === userId))
  const { enteredFrom, revoked = [] } = attempt
  const line: Entry = { conversation, seq, at, type: 'system', from: context.identity.userId, event: { kind } }
  return {
    record: {
      ...{ ...(kind === 'joined' ? withRevoked(entered, revoked) : entered), status: 'active', joinedSeq: entry.seq },
      departed,
      ...(kind === 'joined' && enteredFrom && { enteredFrom }),
    },
    group,
    entries: [line, ...differences(lastSeen(context, view), group, line)],
    adopted: entry.id,
  }
}

/**
 * Returns the reading of a lawful commit. `roster` is the roster after it: the group of a removed
 * device has none.
 */
function changed(
  before: Roster,
  after: View & { group: Group },
  roster: Roster,
  entry: LogEntry,
  committer: Pick<Leaf, 'userId' | 'deviceId'>,
): Reading {
  const { conversation, seq, at } = entry
  const events = describeChange(before, roster, after.record.departed)
  const entries = events.map(
    (event): Entry => ({
      ...{ conversation, seq, at, type: 'system', event },
      ...{ from: committer.userId, device: committer.deviceId },
    }),
  )
  const departed = after.record.departed.filter((userId) => roster.members.some((member) => member.userId === userId))
  const { groupNo, epoch, isMember } = after.group
  // For a removed member the lawful state is at the epoch that the removal began, which this device
  // did not enter.
  const lawful = isMember ? { groupNo, epoch } : { groupNo, epoch: epoch + 1, isOver: true as const }
  const settled = isMember ? withoutRemoved(after.record, after.group.members()) : after.record
  const record = { ...settled, members: roster.members, departed, lawful }
  if (isMember) return { record, group: after.group, entries }
  const status = record.status === 'left' ? 'left' : 'removed'
  return { record: { ...record, status }, group: undefined, entries, isOut: true }
}

/**
 * Returns a line for each new device of a member: the user's first one here, or a further one. A
 * device that returns gets no line.
 */
function arrivals(
  before: readonly Leaf[],
  fresh: readonly Leaf[],
  base: Pick<Entry, 'conversation' | 'seq' | 'at'>,
): Entry[] {
  return fresh.map(({ userId, deviceId }) => {
    const kind = before.some((leaf) => leaf.userId === userId) ? 'device' : 'joined'
    return { ...base, type: 'system', from: userId, device: deviceId, event: { kind } }
  })
}

/**
 * Returns the reading of a shown message. A group's name is announced again after each join, so
 * only a new name becomes a line.
 */
function shown(record: ConversationRecord, group: Group, entry: Entry): Reading {
  const { payload, id: _, ...base } = entry
  if (payload?.kind !== 'profile') return { record: { ...record, lastAt: entry.at }, group, entries: [entry] }
  // Another client may have written the name. A name without visible characters is ignored.
  const name = shownLabel(payload.name) ?? record.name
  const { topic } = payload
  return {
    record: {
      ...record,
      ...(name !== undefined && { name }),
      ...(topic !== undefined && { topic }),
      profileSeq: entry.seq,
    },
    group,
    entries:
      name === undefined || name === record.name ? [] : [{ ...base, type: 'system', event: { kind: 'named', name } }],
  }
}

const ownEntry = (context: Context, sent: OutboxRecord, { conversation, seq, at, id }: LogEntry): Entry => ({
  type: 'message',
  conversation,
  seq,
  at,
  id,
  from: context.identity.userId,
  device: context.identity.deviceId,
  payload: sent.payload,
})

/** Returns the record of a conversation whose group was just entered. */
export function withMembers(record: ConversationRecord, group: Group): ConversationRecord {
  const { brokenBy: _, brokenAt: __, enteredFrom: ___, revoked, revokedOut, ...kept } = record
  const { roster, groupNo, epoch } = group
  // The revocations belong to another group. After a restore the server may have forgotten them.
  const known = record.groupNo === groupNo ? { ...(revoked && { revoked }), ...(revokedOut && { revokedOut }) } : {}
  const entered = { ...kept, ...known, kind: roster.kind, groupNo, members: roster.members, lawful: { groupNo, epoch } }
  return withoutRemoved(entered, group.members())
}

/**
 * Returns a line for each difference between the group that was entered and the conversation as
 * this person last saw it. "Joined" alone would hide those differences.
 */
export function differences({ record, group: former }: View, group: Group, line: Entry): Entry[] {
  if (!former && !record.lawful) return []
  const isMe = (userId: string) =>
    !group.members().every((member) => member.userId !== userId || member.leafIndex !== group.ownLeafIndex)
  const before = former?.roster ?? { kind: record.kind, members: [...record.members] }
  const { from: _, device: __, ...base } = line
  return describeChange(before, group.roster, record.departed).flatMap((event): Entry[] => {
    if (event.kind !== 'added') return [{ ...base, event }]
    const users = event.users.filter((userId) => !isMe(userId))
    return users.length > 0 ? [{ ...base, event: { ...event, users } }] : []
  })
}

/**
 * Returns a line when the group info of a commit would mislead newcomers. Its external key, which
 * only members can check, is not the group's, or the server names another state than the commit
 * makes.
 */
async function misleadingIn(group: Group, entry: LogEntry, { userId, deviceId }: Leaf): Promise<Entry | undefined> {
  if (!group.isMember || entry.externalPub === undefined || entry.contextHash === undefined) return undefined
  const isRight =
    entry.externalPub === toBase64Url(await group.externalPub()) && entry.contextHash === toBase64Url(group.contextHash)
  if (isRight) return undefined
  const { conversation, seq, at } = entry
  const event: SystemEvent = { kind: 'trouble', code: 'bad_group_info' }
  return { conversation, seq, at, type: 'system', from: userId, device: deviceId, event }
}
