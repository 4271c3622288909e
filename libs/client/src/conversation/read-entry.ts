import { CannotProcess, type Group, type GroupEvent, UnlawfulCommit } from '@fastchat/crypto'
import type { LogEntry, MessageId } from '@fastchat/schema'
import type { Entry, IntentRecord, OutboxRecord, SystemEvent } from '../store/records.ts'
import { attributed, fromRevoked, isAttempt, isSender, misdelivered } from './attributed.ts'
import type { Context } from './context.ts'
import { adopt } from './enter-group.ts'
import { outside, unreadable, whileBroken } from './outside-group.ts'
import { arrivals, changed, misleadingIn } from './read-commit.ts'
import { readLeave } from './read-leave.ts'
import { bytesOf, opened, readFormer, shown } from './read-message.ts'
import { ownEntry, readForeign, sentAt } from './read-own-message.ts'
import { isInHistory, readRepeated } from './read-repeated.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import { readRevocation } from './read-revocation.ts'
import { revokedOf } from './revocations.ts'

type Own = {
  readonly outbox: ReadonlyMap<MessageId, OutboxRecord>
  readonly attempt: NonNullable<IntentRecord['attempt']> | undefined
}

type MessageEvent = Extract<GroupEvent, { type: 'message' }>
type CommitEvent = Exclude<GroupEvent, { type: 'message' }>

/**
 * Reads the entry at `cursor + 1` of a conversation's log. Only here ciphertext becomes history. It
 * stores nothing: the caller stores the returned reading as one batch.
 *
 * @throws the error of the directory when it does not look up users whom a commit adds: the entry
 *   is to be read again
 */
export async function readEntry(context: Context, snapshot: Snapshot, entry: LogEntry, own: Own): Promise<ReadResult> {
  const record = { ...snapshot.record, cursor: entry.seq }
  if (own.attempt?.id === entry.id && isAttempt(context, entry, own.attempt))
    return await adopt(context, snapshot, entry, own.attempt)
  if (entry.seq <= snapshot.record.joinedSeq) return { record, group: snapshot.group, entries: [] }
  if (entry.kind === 'application' && record.isRestored && (await isInHistory(context, entry)))
    return await readRepeated(context, { record, group: snapshot.group }, entry, own.outbox)
  if (!snapshot.group) return outside(context, record, entry)
  if (entry.kind === 'leave') return await readLeave(context, { record, group: snapshot.group }, entry)
  if (entry.kind === 'revocation' && record.status !== 'broken')
    return await readRevocation(context, { record, group: snapshot.group }, entry)
  if (entry.kind === 'application' && entry.from === context.identity.deviceId) {
    const sent = own.outbox.get(entry.id)
    if (!sent) return await readForeign(context, { record, group: snapshot.group }, entry)
    return { ...(await shown(context, record, snapshot.group, ownEntry(context, sent, entry))), ...sentAt(sent, entry) }
  }
  if (snapshot.record.status === 'broken')
    return (
      (await readFormer(context, { record, group: snapshot.group }, entry)) ??
      whileBroken({ record, group: snapshot.group }, entry)
    )
  return await readInGroup(context, { record, group: snapshot.group }, entry)
}

/** Decrypts an entry of the group that this device is in. */
async function readInGroup(
  context: Context,
  { record, group: before }: Snapshot & { readonly group: Group },
  entry: LogEntry,
): Promise<ReadResult> {
  const lookUp = context.pins.lookUp()
  const judgedBy = { trust: lookUp.trust, departed: record.departed, revoked: revokedOf(record) }
  try {
    const { group, event, forget } = await before.process(bytesOf(entry), judgedBy, record.chain?.missing)
    const after = { record, group }
    if (event.type === 'message') return { ...(await readMessage(context, after, event, entry)), forget }
    return { ...(await readCommit(before, after, event, entry)), forget, pins: lookUp.found }
  } catch (error) {
    if (entry.kind === 'application') return unreadable({ record, group: before }, entry)
    if (!(error instanceof UnlawfulCommit) && !(error instanceof CannotProcess)) throw error
    return broken({ record, group: before }, entry, error)
  }
}

async function readMessage(
  context: Context,
  after: Snapshot & { readonly group: Group },
  event: MessageEvent,
  entry: LogEntry,
): Promise<ReadResult> {
  const { conversation, seq, at, id } = entry
  const { senderView, payload } = opened(event)
  const { userId, deviceId } = event.sender
  if (!isSender(context, event.sender, entry)) return { ...misdelivered(after, entry), senderView }
  if (revokedOf(after.record).includes(deviceId)) return { ...fromRevoked(after, event.sender, entry), senderView }
  const line: Entry = { conversation, seq, at, type: 'message', id, from: userId, device: deviceId, payload }
  return { ...(await shown(context, after.record, after.group, line)), senderView }
}

async function readCommit(
  former: Group,
  after: Snapshot & { readonly group: Group },
  { change, committer }: CommitEvent,
  entry: LogEntry,
): Promise<ReadResult> {
  const { conversation, seq, at } = entry
  const result = changed(former.roster, after, change.roster, entry, committer)
  const before = former.members()
  const fresh = change.addedLeaves.filter(({ deviceId }) => !before.some((leaf) => leaf.deviceId === deviceId))
  const entries = change.rosterChanged
    ? result.entries
    : [...result.entries, ...arrivals(before, fresh, { conversation, seq, at })]
  const misled = await misleadingIn(after.group, entry, committer)
  return {
    ...result,
    ...attributed(misled ? [...entries, misled] : entries, committer, entry),
    ...(misled && { isMisleading: true }),
    ...{ newcomers: fresh.map(({ leafIndex }) => leafIndex), heard: committer.userId },
  }
}

/** Returns the result of a commit that broke the rules, or that this device cannot follow. */
function broken({ record, group }: Snapshot, entry: LogEntry, failure: UnlawfulCommit | CannotProcess): ReadResult {
  const { conversation, seq, at } = entry
  const trouble = failure instanceof UnlawfulCommit ? 'unlawful' : 'unreadable'
  const event: SystemEvent = { kind: 'broken', reason: failure.message }
  return {
    record: { ...record, status: 'broken', brokenBy: trouble, brokenAt: seq },
    group,
    entries: trouble === 'unlawful' ? [{ conversation, seq, at, type: 'system', event }] : [],
    trouble,
    failure,
  }
}
