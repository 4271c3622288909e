import { decodeChained, type Group, type GroupEvent } from '@fastchat/crypto'
import type { LogEntry } from '@fastchat/schema'
import { readProfile } from '../groups/read-profile.ts'
import { readShared } from '../groups/read-shared.ts'
import { refusedReader } from '../groups/refuse-reader.ts'
import { isAnnotation, readOperation } from '../messages/operation.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import { misdelivered } from './attributed.ts'
import type { Context } from './context.ts'
import { readVote } from './election.ts'
import { envelopeOf } from './envelope-of.ts'
import { decodePayload } from './payload-bytes.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

/**
 * Returns the result of reading a shown message. A group's name is announced again after each join,
 * so only a new name becomes a line. A vote is counted, and a change of another message is noted.
 */
export async function shown(
  { identity: { userId: me } }: Pick<Context, 'identity'>,
  record: ConversationRecord,
  group: Group,
  entry: Entry,
): Promise<ReadResult> {
  const refused = refusedReader({ record, group }, entry)
  if (refused) return refused
  const { payload, id: _, ...base } = entry
  const { from, device } = base
  if (payload?.kind === 'vote' && from !== undefined && device !== undefined)
    return await readVote({ record, group }, base, { userId: from, deviceId: device, sig: payload.sig })
  if (isAnnotation(payload)) {
    const { line, operation } = readOperation(record, { ...entry, payload })
    return { record, group, entries: [line], ...(operation && { operation }) }
  }
  if (payload?.kind === 'card') return { record, group, entries: [], ...(from && { card: { from, card: payload } }) }
  if (payload?.kind === 'profile') return readProfile({ record, group }, entry, payload)
  if (payload?.kind === 'shared') return readShared({ record, group }, entry, payload, me)
  return { record: { ...record, lastAt: entry.at }, group, entries: [entry] }
}

/** Returns the content of a message: its sender's view of the log, and the payload. */
export function opened({ sender, epoch, skipped, plaintext }: Extract<GroupEvent, { type: 'message' }>) {
  const chained = decodeChained(plaintext)
  const payload = chained ? decodePayload(chained.payload) : ({ kind: 'unknown' } as const)
  return { senderView: { sender, epoch, skipped, frame: chained?.frame }, payload }
}

/**
 * Returns the bytes of an envelope. An envelope that is not base64url has none: every message and
 * commit has at least one byte.
 */
export function bytesOf(entry: LogEntry): Uint8Array {
  const envelope = envelopeOf(entry)
  return typeof envelope === 'string' ? new Uint8Array() : envelope
}

/**
 * Reads a message of a group under the former rules, which had no chain. Returns undefined for
 * other entries, and for messages behind a commit of those rules: this version does not follow such
 * commits.
 */
export async function readFormer(
  context: Pick<Context, 'identity'>,
  { record, group: former }: Snapshot & { group: Group },
  entry: LogEntry,
): Promise<ReadResult | undefined> {
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
  return { ...(await shown(context, record, read.group, line)), forget: read.forget }
}
