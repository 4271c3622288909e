import { type Client, ClientError, type Entry } from '@fastchat/client'
import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import type { TranscriptLine } from './transcript-line.ts'

type In = { readonly conversation: ConversationId }
type One = { readonly id: MessageId }

/** The verbs of a device about messages that are there. Changes of messages go through `send`. */
export type MessageVerbs = {
  /** Returns the line of a message. @throws {CliError} `unknown_message` */
  line(args: One): Promise<TranscriptLine>
  /** Makes a text message: it names the members whom the text mentions. */
  compose(args: In & { readonly text: string; readonly replyTo?: MessageId }): Promise<Payload>
  /** Erases messages from this device only. */
  deleteForMe(args: { readonly ids: readonly MessageId[] }): Promise<void>
  versions(args: One): Promise<readonly { readonly at: string; readonly text: string }[]>
  pins(args: In): Promise<readonly TranscriptLine[]>
  /** Returns the seconds after which new messages of a chat disappear; 0 for never. */
  timer(args: In): Promise<number>
  /** Queues a message that was sent in another chat. A file is uploaded again. */
  forward(args: In & One & { readonly source: MessageId }): Promise<void>
}

export const isMessageVerb: Readonly<Record<keyof MessageVerbs, true>> = {
  line: true,
  compose: true,
  deleteForMe: true,
  versions: true,
  pins: true,
  timer: true,
  forward: true,
}

type ToLines = (entries: readonly Entry[]) => Promise<TranscriptLine[]>

type Forwards = {
  /** Cancels a forward that is under way. Returns whether there was one. */
  cancelForward(id: MessageId): boolean
}

/** Returns the verbs of this process's device. */
export function messageVerbs(client: Client, lines: ToLines): MessageVerbs & Forwards {
  const { messages } = client
  /** The forwards that are under way here. */
  const forwards = new Map<MessageId, AbortController>()
  return {
    async line({ id }) {
      const [line] = await lines([await client.entry(id)])
      if (!line) throw new ClientError('unknown_message')
      return line
    },
    compose: async ({ conversation, ...written }) => messages.compose(conversation, written),
    deleteForMe: ({ ids }) => messages.deleteForMe(ids),
    async versions({ id }) {
      return (await messages.versions(id)).map(({ at, text }) => ({ at: new Date(at).toISOString(), text }))
    },
    pins: async ({ conversation }) => lines(await messages.pins(conversation)),
    timer: ({ conversation }) => messages.timer(conversation),
    async forward({ conversation, id, source }) {
      client.start()
      if (forwards.has(id) || (await isHere(client, id))) return
      const stop = new AbortController()
      forwards.set(id, stop)
      try {
        await messages.forward(source, conversation, { id, signal: stop.signal })
      } finally {
        forwards.delete(id)
      }
    },
    cancelForward(id) {
      forwards.get(id)?.abort()
      return forwards.has(id)
    },
  }
}

/** Returns whether a message is in the history already: a verb may be asked twice. */
const isHere = (client: Client, id: MessageId): Promise<boolean> =>
  client.entry(id).then(
    () => true,
    () => false,
  )
