import { setTimeout as delay } from 'node:timers/promises'
import type { Client, Entry } from '@fastchat/client'
import type { UserId } from '@fastchat/schema'
import { changeLine } from './change-line.ts'
import { receiptOf } from './signal-verbs.ts'
import { type Names, type TranscriptLine, toTranscriptLine, usersIn } from './transcript-line.ts'

/** The time that unknown names are waited for. */
const namesMs = 2_000

type Lines = {
  readonly names: Names
  /** Asks the server for unknown names. They stay unknown without a server. */
  learnNames(userIds: readonly UserId[]): Promise<void>
  /** Returns the lines of entries. Some entries have none. */
  lines(entries: readonly Entry[]): Promise<TranscriptLine[]>
}

/** Returns the words of this process's device for what its history has. */
export function localLines(client: Client): Lines {
  const { identity, pins, people } = client
  const names: Names = { me: identity.userId, nameOf: (userId) => pins.nameOf(userId) }

  const learnNames = async (userIds: readonly UserId[]): Promise<void> => {
    await Promise.race([pins.resolve(userIds).catch(() => {}), delay(namesMs, undefined, { ref: false })])
  }

  const lineOf = (entry: Entry): TranscriptLine => {
    const line = toTranscriptLine(entry, client.conversation(entry.conversation).record, names)
    if (people.viewOf(entry) === 'collapsed') return collapsed(line)
    return { ...line, ...shownNames(client, names, entry), ...receiptOf(client, entry) }
  }

  const lines = async (entries: readonly Entry[]): Promise<TranscriptLine[]> => {
    const shown = entries.filter((entry) => people.viewOf(entry) !== 'hidden')
    await learnNames(shown.flatMap(usersIn))
    const found: TranscriptLine[] = []
    for (const entry of shown) {
      const change = entry.type === 'mark' ? await client.messages.change(entry) : undefined
      if (change) found.push(changeLine(lineOf(entry), change, lineOf(change.target)))
      else if (entry.type !== 'mark') found.push(lineOf(entry))
    }
    return found
  }

  return { names, learnNames, lines }
}

/** Returns the display name of a message's author, for the fields of its line. */
function shownNames({ people }: Client, names: Names, { type, from }: Entry): Partial<TranscriptLine> {
  const displayName = type === 'message' && from !== undefined ? people.displayName(from) : undefined
  if (displayName === undefined || from === undefined) return {}
  const same = people.sameNameAs(from)
  return { displayName, ...(same !== undefined && { sameNameAs: names.nameOf(same) }) }
}

/** Returns the line of a blocked person's message in a group, without its content. */
const collapsed = ({ text: _, file: __, caption: ___, ...line }: TranscriptLine): TranscriptLine => ({
  ...line,
  kind: 'blocked',
  text: 'Blocked message',
})
