import type { MessageChange } from '@fastchat/client'
import type { TranscriptLine } from './transcript-line.ts'

/** Returns the line of a change. @param line the line of the changed message, as it is now. */
export function changeLine(mark: TranscriptLine, { kind, emoji, removed }: MessageChange, line: TranscriptLine) {
  const words = line.text ?? line.caption
  return {
    ...{ ...mark, type: 'change' as const, kind },
    ...(line.id !== undefined && { target: line.id }),
    ...(emoji !== undefined && { emoji }),
    ...(removed && { removed }),
    ...(line.expiresAt !== undefined && { expiresAt: line.expiresAt }),
    ...(words !== undefined && kind !== 'delete' && { text: words }),
  }
}
