import type { BackupStatus } from '@fastchat/client'
import type { BackupAction } from '../chat/chat.ts'
import { formatSize } from '../text/format.ts'
import type { Context } from './context.ts'
import { synced } from './sync.ts'

/** Shows the backup of this account's history, switches it, or brings it up to date. */
export async function backup(context: Context, action: BackupAction, { offline = false } = {}): Promise<void> {
  const { out, session } = context
  const chat = offline && action === 'status' ? (await session()).chat : await synced(context)
  const status = await chat.backup({ action })
  out.result({ type: 'backup', ...status }, describeBackup(status))
}

const states: Readonly<Record<BackupStatus['state'], string>> = {
  on: 'The backup of your history is on',
  off: 'The backup of your history is off on all your devices. What was stored stays: fastchat backup on continues it',
  no_key:
    'This device cannot use the backup: it has no key yet. It gets one when you enter your password here: run fastchat login NAME, then fastchat backup now',
}

/** Returns the state of the backup in words. */
export function describeBackup(status: BackupStatus): string {
  const { state, lines, chats, bytes, savedAt, isUpToDate, restored, missing, problem } = status
  const stored = `${lines} lines of ${chats} chats, ${formatSize(bytes)}`
  const when = savedAt === undefined ? '' : `, last stored from here ${new Date(savedAt).toISOString().slice(0, 16)}Z`
  const parts = [states[state], `It holds ${stored}${when}`]
  if (state === 'on' && !isUpToDate) parts.push('New lines are stored in a moment: fastchat backup now does it at once')
  if (restored.done < restored.of) parts.push(`Restored ${restored.done} of ${restored.of} parts to this device`)
  const { fromDevice } = status
  if (fromDevice.state === 'asked')
    parts.push('This device has asked your other devices for their history. Open FastChat on one of them to send it')
  if (fromDevice.state === 'arriving')
    parts.push(`Your other device has sent ${fromDevice.parts.done} of ${fromDevice.parts.of} parts`)
  if (missing > 0) parts.push(`The server does not give ${missing} parts. Keep a device that has these messages`)
  if (problem === 'quota_exceeded')
    parts.push('The backup is full. To keep a copy of new messages: fastchat export DIR')
  else if (problem !== undefined) parts.push(`The last attempt failed (${problem}). It is repeated by itself`)
  return `${parts.join('.\n')}.`
}
