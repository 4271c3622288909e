import type { ReceiptState } from '@fastchat/client'
import type { TranscriptLine } from '../chat/transcript-line.ts'

/** The ticks of a message, as people see them. */
export const ticks: Readonly<Record<ReceiptState, string>> = { stored: '[v]', delivered: '[vv]', read: '[R]' }

/** Returns the tick of a line: empty unless it is a message of this user. */
export const tickOf = ({ receipt }: TranscriptLine): string => (receipt === undefined ? '' : ticks[receipt])
