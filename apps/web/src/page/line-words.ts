import type { Line } from '../engine/line.ts'
import type { Words } from '../words/en.ts'

/** Returns a line in words, as far as it is no text of a person. */
export function lineWords(line: Line, words: Words): string {
  const { conversation } = words
  switch (line.kind) {
    case 'text':
      return line.text
    case 'file':
      return line.text === '' ? conversation.file(line.file?.name ?? '') : line.text
    case 'deleted':
      return conversation.deleted
    case 'unknown':
      return conversation.unknown
    case 'gap':
      return line.text === 'gap' ? conversation.gapMissing : conversation.gapUnreadable
    case 'system':
      return systemWords(line, words)
  }
}

type EventName = Exclude<keyof Words['system'], 'alarm'>

function systemWords({ text, name, isOwn, about = [], seconds }: Line, { system, chats, talk }: Words): string {
  if (text.startsWith('trouble/') || text === 'broken') return system.alarm
  const who = isOwn ? chats.you : (name ?? '')
  if (text === 'timer') return talk.timerSet(who, seconds ?? 0)
  const tell = Object.hasOwn(system, text) ? system[text as EventName] : system.other
  return tell(who, about.join(', '))
}
