import type { Annotations, Entry, Quote } from '@fastchat/client'
import type { MessageId, UserId } from '@fastchat/schema'

type Names = { readonly me: UserId; nameOf(userId: UserId): string }

/** The fields of a message's line that later entries, or other messages, have given it. */
export type MessageFields = {
  /** The message that this one answers, as this device knows it. */
  readonly replyTo?: {
    readonly id: MessageId
    readonly kind: 'text' | 'file' | 'unknown' | 'missing'
    readonly seq?: number
    readonly from?: string
    readonly text?: string
    /** The time from which the answered message is gone from this device, in ISO 8601. */
    readonly expiresAt?: string
  }
  /** The usernames of the members whom the text names with @. */
  readonly mentions?: readonly string[]
  readonly mentionsMe?: true
  readonly forwarded?: true
  /** The time of the last edit, in ISO 8601. */
  readonly edited?: string
  readonly reactions?: readonly { readonly emoji: string; readonly from: readonly string[] }[]
  readonly pinned?: true
  /** The username of who deleted the message for everyone. */
  readonly deletedBy?: string
  /** The time from which the message is gone from this device, in ISO 8601. */
  readonly expiresAt?: string
  /** The message that a change is about. */
  readonly target?: MessageId
  readonly emoji?: string
  readonly removed?: true
  /** The wordings of an edited message, oldest first. Only history --versions has them. */
  readonly versions?: readonly { readonly at: string; readonly text: string }[]
}

/** Returns the users whom the annotations of a message name. */
export const usersInAnnotations = ({ annotations, payload }: Entry): UserId[] => [
  ...(annotations?.reactions?.flatMap(({ users }) => users) ?? []),
  ...(annotations?.quote?.from === undefined ? [] : [annotations.quote.from]),
  ...(annotations?.deleted === undefined ? [] : [annotations.deleted.by]),
  ...((payload && 'mentions' in payload && payload.mentions) || []),
]

/** Returns the fields that every message's line may have. */
export function messageFields(entry: Entry, names: Names): MessageFields {
  const { payload, annotations = {}, expiresAt } = entry
  const mentions = payload && 'mentions' in payload ? payload.mentions : undefined
  return {
    ...ofAnnotations(annotations, names),
    ...(mentions && { mentions: mentions.map(names.nameOf) }),
    ...(mentions?.includes(names.me) && { mentionsMe: true as const }),
    ...(payload && 'forwarded' in payload && payload.forwarded && { forwarded: true as const }),
    ...(expiresAt !== undefined && { expiresAt: isoOf(expiresAt) }),
  }
}

function ofAnnotations({ quote, edited, reactions, isPinned, deleted }: Annotations, { nameOf }: Names): MessageFields {
  return {
    ...(quote && { replyTo: quoteField(quote, nameOf) }),
    ...(edited && { edited: isoOf(edited.at) }),
    ...(reactions && { reactions: reactions.map(({ emoji, users }) => ({ emoji, from: users.map(nameOf) })) }),
    ...(isPinned && { pinned: true as const }),
    ...(deleted && { deletedBy: nameOf(deleted.by) }),
  } as MessageFields
}

const quoteField = ({ expiresAt, ...quote }: Quote, nameOf: Names['nameOf']) => ({
  ...quote,
  ...(quote.from !== undefined && { from: nameOf(quote.from) }),
  ...(expiresAt !== undefined && { expiresAt: isoOf(expiresAt) }),
})

const isoOf = (ms: number): string => new Date(ms).toISOString()
