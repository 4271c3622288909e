/**
 * This file decides to whom a log entry belongs: to its signer. The sender that the server names is
 * compared with the signer and never shown.
 */
import type { Member } from '@fastchat/crypto'
import { type DeviceId, type LogEntry, toBase64Url } from '@fastchat/schema'
import type { Entry, IntentRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

/**
 * Returns whether an entry is this device's commit: the server names this device as the sender, or
 * the bytes are those that this device sent.
 */
export const isAttempt = (
  { identity }: Pick<Context, 'identity'>,
  { from, envelope }: LogEntry,
  attempt: NonNullable<IntentRecord['attempt']>,
): boolean => from === identity.deviceId || envelope === attempt.commit

/**
 * Returns whether the signer of a message is the device that the server names, under the pinned
 * account key of its user. A user who could not be looked up when this device joined may have been
 * pinned since then, with another key.
 */
export function isSender(
  { pins }: Pick<Context, 'pins'>,
  { userId, deviceId, accountKey }: Member,
  { from }: LogEntry,
): boolean {
  const pinned = pins.accountKeyOf(userId)
  return deviceId === from && (pinned === undefined || pinned === toBase64Url(accountKey))
}

/**
 * Returns the result of a message that was delivered under a wrong sender. It adds a line, is
 * counted, and hides the message.
 */
export function misdelivered({ record, group }: Snapshot, entry: LogEntry): ReadResult {
  return { record, group, entries: [wrongSenderLine(entry)], wrongSender: true }
}

/**
 * Returns the result of a message that a revoked device sent. An honest server rejects it. It adds
 * a line and hides the message.
 */
export function fromRevoked({ record, group }: Snapshot, { userId, deviceId }: Member, entry: LogEntry): ReadResult {
  const { conversation, seq, at } = entry
  const event = { kind: 'trouble', code: 'revoked_sender' } as const
  const line: Entry = { conversation, seq, at, type: 'system', from: userId, device: deviceId, event }
  return { record, group, entries: [line], alarms: [line] }
}

/**
 * Returns the lines of a commit or leave, attributed to its signer. Under a wrong sender the change
 * still counts, and one more line says so.
 */
export function attributed(
  entries: readonly Entry[],
  signer: { readonly deviceId: DeviceId },
  entry: LogEntry,
): Pick<ReadResult, 'entries' | 'wrongSender'> {
  if (signer.deviceId === entry.from) return { entries }
  return { entries: [...entries, wrongSenderLine(entry)], wrongSender: true }
}

const wrongSenderLine = ({ conversation, seq, at }: LogEntry): Entry => {
  return { conversation, seq, at, type: 'system', event: { kind: 'trouble', code: 'wrong_sender' } }
}
