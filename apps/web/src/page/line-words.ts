import type { Line } from '../engine/line.ts'
import type { Words } from '../words/en.ts'
import type { SystemPeople } from '../words/system-words.ts'
import { eventTrouble } from './people/trouble-words.ts'

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

type Tell = (event: object, people: SystemPeople) => string

function systemWords({ event: about, name, isOwn }: Line, words: Words): string {
  const { system, chats, people, conversation } = words
  if (!about) return conversation.unknown
  const trouble = eventTrouble(about, name === undefined ? undefined : { name, isMe: isOwn }, words)
  if (trouble) return `${trouble.says} ${trouble.todo}`
  const { event, whom, removed = [], isForMe } = about
  // A newer engine may tell kinds that an older tab does not know.
  if (event.kind === 'trouble' || !Object.hasOwn(system, event.kind)) return conversation.unknown
  // The cast holds because each kind has the function for its own events.
  const tell = system[event.kind] as Tell
  const who = isOwn ? chats.you : (name ?? people.somebody)
  return tell(event, { who, whom: whom.join(', '), removed: removed.join(', '), isMine: isOwn, isForMe })
}
