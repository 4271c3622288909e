import type { LogEntry, ServerFrames } from '@fastchat/schema'

export type Gap = Pick<ServerFrames['gap'], 'conversation' | 'from' | 'to' | 'reason'>
export type LogItem = LogEntry | Gap
