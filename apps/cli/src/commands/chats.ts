import type { ChatInfo } from '../chat/chat.ts'
import type { PersonHere } from '../chat/signal-verbs.ts'
import { chatObject, formatChat } from '../text/format.ts'
import type { Context } from './context.ts'
import { hereWords, mustAllowPresence } from './signals.ts'
import { synced } from './sync.ts'

export type ListOptions = {
  readonly offline?: boolean
  readonly groups?: boolean
  /** Asks the members of the latest chats whether they are online. */
  readonly here?: boolean
}

/** Lists the conversations of this device, the latest first, with the members who are online. */
export async function chats(context: Context, { offline, groups, here = false }: ListOptions = {}): Promise<void> {
  const { out, session, clock } = context
  const chat = offline ? (await session()).chat : await synced(context)
  if (here) await mustAllowPresence(chat)
  const me = await chat.whoami()
  const people = new Map((await chat.here({ ask: here && !offline })).map((one) => [one.username, one]))
  for (const info of await chat.chats()) {
    if (groups && info.kind !== 'group') continue
    const known = info.members.flatMap(({ username }) => people.get(username) ?? []).filter(isOther(me.username))
    const words = presenceWords(info, known, new Date(clock.wallMs()))
    out.result({ ...chatObject(info), ...presenceFields(info, known) }, `${formatChat(info, out.colors)}${words}`)
  }
}

const isOther =
  (me: string) =>
  ({ username }: PersonHere): boolean =>
    username !== me

function presenceFields({ kind }: ChatInfo, known: readonly PersonHere[]): Readonly<Record<string, unknown>> {
  const here = known.filter(({ isHere }) => isHere).map(({ username }) => username)
  const [other] = known
  const isAway = kind === 'direct' && other?.lastSeenAt !== undefined && !other.isHere
  return {
    ...(here.length > 0 && { here }),
    ...(isAway && { lastSeen: new Date(other.lastSeenAt).toISOString() }),
  }
}

function presenceWords({ kind }: ChatInfo, known: readonly PersonHere[], now: Date): string {
  const [other] = known
  if (!other) return ''
  if (kind === 'direct') return ` · ${hereWords(other, now)}`
  const count = known.filter(({ isHere }) => isHere).length
  return count > 0 ? ` · ${count} here` : ''
}
