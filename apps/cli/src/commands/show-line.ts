import type { TranscriptLine } from '../chat/transcript-line.ts'
import { formatLine } from '../text/format.ts'
import type { Context } from './context.ts'

/** Prints a line of a conversation. For people, a gap goes to stderr. */
export function showLine(
  { out, clock }: Pick<Context, 'out' | 'clock'>,
  line: TranscriptLine,
  { withChat, withTicks = false }: { readonly withChat: boolean; readonly withTicks?: boolean },
): void {
  const text = formatLine(line, { colors: out.colors, withChat, withTicks, now: new Date(clock.wallMs()) })
  if (line.type === 'gap' && !out.isJson) out.note(text)
  else out.result({ ...line }, text)
}
