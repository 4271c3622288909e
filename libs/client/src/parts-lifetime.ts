import type { Actions } from './actions.ts'
import type { DeviceParts } from './device-parts.ts'
import { pause } from './net/backoff.ts'

const pollMs = 10

/** Loads what the parts of a device need of its store before they listen. */
export async function loadParts(parts: DeviceParts): Promise<void> {
  const { conversations, messages, revocations, signals, events, connection } = parts
  await conversations.load()
  revocations.start()
  await messages.start()
  await signals.load(events, connection)
}

/** Lets the parts go on that `stopParts` has stopped. */
export function startParts({ shared, ownSync, backup, handover }: DeviceParts): void {
  for (const part of [shared, ownSync, backup, handover]) part.start()
}

/** Resolves when the parts no longer use the store. */
export async function stopParts(parts: DeviceParts, { ownDevices, signs, files }: Actions): Promise<void> {
  const transfers = files.stop()
  parts.acks.flush()
  await parts.handover.stop()
  await parts.backup.stop()
  await Promise.all([parts.shared.stop(), parts.ownSync.stop()])
  await parts.messages.stop()
  await parts.signals.stop()
  await parts.connection.stop()
  await parts.database.idle()
  await Promise.all([ownDevices.idle(), signs.idle(), parts.account.passwords.idle()])
  await transfers
  await Promise.all(parts.conversations.all.map((conversation) => conversation.stop()))
  await parts.revocations.idle()
  await parts.people.stop()
}

/**
 * Resolves when the backlog of the connection is stored and shown, joins have ended, and enough key
 * packages are at the server.
 *
 * @throws the error that ended the connection, or `signal`'s reason
 */
export async function settled(parts: DeviceParts, signal?: AbortSignal): Promise<void> {
  while (!isSettled(parts)) {
    signal?.throwIfAborted()
    const { state } = parts.connection
    if (state.state === 'ended') throw state.error
    await pause(pollMs, signal)
  }
}

function isSettled({ sync, connection, conversations, ...parts }: DeviceParts): boolean {
  const { keyPackages, database, shared, ownSync, messages, backup } = parts
  const isReading = database.isFollowing || shared.isBusy || ownSync.isBusy || messages.isBusy || backup.isArriving
  const isBusy = keyPackages.isRefilling || isReading
  return sync.isSynced && connection.isOnline && !isBusy && conversations.isSettled
}
