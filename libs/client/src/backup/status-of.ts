import type { BackupStatus } from './backup-status.ts'
import type { RemoteIndex } from './remote-index.ts'

/** The facts of a status that only this process knows. */
type Progress = Pick<BackupStatus, 'isUpToDate' | 'restored' | 'missing' | 'fromDevice' | 'problem'>

/** Returns the status of a backup: what its index holds, and how far this device has got. */
export function statusOf(
  remote: Pick<RemoteIndex, 'record' | 'key' | 'isOff' | 'generation'>,
  { problem, ...progress }: Progress,
): BackupStatus {
  const { index, version, savedAt } = remote.record
  const { segments } = index
  return {
    state: !remote.key ? 'no_key' : remote.isOff ? 'off' : 'on',
    version,
    generation: remote.generation,
    chats: new Set(segments.map(({ conversation }) => conversation)).size,
    segments: segments.length,
    lines: segments.reduce((sum, { count }) => sum + count, 0),
    bytes: segments.reduce((sum, { size }) => sum + size, 0),
    ...(savedAt !== undefined && { savedAt }),
    ...progress,
    ...(problem !== undefined && { problem }),
  }
}
