import { fromBase64Url, type LogEntry } from '@fastchat/schema'

/**
 * Returns the number of the group that a commit belongs to. The group id in its header has 16 bytes
 * of conversation, then the number (see `groupIdOf`).
 */
export function groupNoOf(entry: LogEntry): number {
  const bytes = fromBase64Url((entry.envelope ?? '').slice(0, 36))
  const at = 5 + 16
  return bytes.length < at + 4 ? 0 : new DataView(bytes.buffer).getUint32(at)
}
