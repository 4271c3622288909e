import type { ReceiptState } from '@fastchat/client'
import type { TranscriptLine } from '../chat/transcript-line.ts'

/** The ticks of a message, as people see them. */
export const ticks: Readonly<Record<ReceiptState, string>> = { stored: '[v]', delivered: '[vv]', read: '[R]' }

/** All ticks take the same columns, so that one can replace another. */
const tickLetters = 5

/** Returns the tick before a message of this user; empty for other lines. */
export const tickOf = ({ receipt }: TranscriptLine): string => (receipt ? ticks[receipt].padEnd(tickLetters) : '')
