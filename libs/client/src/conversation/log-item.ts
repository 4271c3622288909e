import type { LogEntry, ServerFrames } from '@fastchat/schema'

export type Gap = Pick<ServerFrames['gap'], 'conversation' | 'from' | 'to' | 'reason'>
export type LogItem = LogEntry | Gap

/** Returns the first position of an entry or gap. */
export const firstOf = (item: LogItem): number => ('id' in item ? item.seq : item.from)

/** Returns the last position of an entry or gap. */
export const lastOf = (item: LogItem): number => ('id' in item ? item.seq : item.to)
