/** Whose an entry of the log is: its signer's. The server's word for it is compared, and never shown. */
import type { Member } from '@fastchat/crypto'
import { type DeviceId, type LogEntry, toBase64Url } from '@fastchat/schema'
import type { Entry, IntentRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { Reading, View } from './reading.ts'

/** Whether an entry is our commit: the server says so, or its bytes are those that we sent. */
export const isAttempt = (
  { identity }: Pick<Context, 'identity'>,
  { from, envelope }: LogEntry,
  attempt: NonNullable<IntentRecord['attempt']>,
): boolean => from === identity.deviceId || envelope === attempt.commit

/**
 * Whether a message is of the device that it was delivered under, and of the user under whose name it would be shown: a user who could
 * not be looked up when the group was joined may have been pinned since, with another key.
 */
export function isSender(
  { pins }: Pick<Context, 'pins'>,
  { userId, deviceId, accountKey }: Member,
  { from }: LogEntry,
): boolean {
  const pinned = pins.accountKeyOf(userId)
  return deviceId === from && (pinned === undefined || pinned === toBase64Url(accountKey))
}

/** A message under a wrong sender: said, counted, and not shown. */
export function misdelivered({ record, group }: View, entry: LogEntry): Reading {
  return { record, group, entries: [wrongSenderLine(entry)], wrongSender: true }
}

/** A message of a device after its revocation, which no honest server takes: said, and not shown. */
export function fromRevoked({ record, group }: View, { userId, deviceId }: Member, entry: LogEntry): Reading {
  const { conversation, seq, at } = entry
  const event = { kind: 'trouble', code: 'revoked_sender' } as const
  const line: Entry = { conversation, seq, at, type: 'system', from: userId, device: deviceId, event }
  return { record, group, entries: [line], alarms: [line] }
}

/** What a commit or leave says counts whoever it was delivered under, and is told as its signer's. */
export function attributed(
  entries: readonly Entry[],
  signer: { readonly deviceId: DeviceId },
  entry: LogEntry,
): Pick<Reading, 'entries' | 'wrongSender'> {
  if (signer.deviceId === entry.from) return { entries }
  return { entries: [...entries, wrongSenderLine(entry)], wrongSender: true }
}

const wrongSenderLine = ({ conversation, seq, at }: LogEntry): Entry => {
  return { conversation, seq, at, type: 'system', event: { kind: 'trouble', code: 'wrong_sender' } }
}
