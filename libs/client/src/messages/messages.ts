import type { Clock } from '@fastchat/clock'
import type { Annotation, ConversationId, DeviceId, MessageId, Payload } from '@fastchat/schema'
import type { Context } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import { ClientError } from '../errors.ts'
import type { Files } from '../files/files.ts'
import type { TransferOptions } from '../files/transfer.ts'
import type { History } from '../history.ts'
import type { OwnRows } from '../own/own-rows.ts'
import type { Entry } from '../store/records.ts'
import { changeOf, type MessageChange } from './change-of.ts'
import { chatNotesOf, pinsOf } from './chat-notes.ts'
import { eraseLocally } from './erase-locally.ts'
import { findEntry } from './find-entry.ts'
import { forward } from './forward.ts'
import { HiddenMessages } from './hidden-messages.ts'
import { judgeOwn } from './judge-own.ts'
import { mentionsIn } from './mentions.ts'
import { notesOf, wordsOf } from './shown-entries.ts'
import { Sweeper } from './sweeper.ts'

type Parts = {
  readonly context: Pick<Context, 'store' | 'events' | 'identity' | 'pins' | 'newId'> & { readonly clock: Clock }
  readonly files: Pick<Files, 'download' | 'send'>
  readonly rows: OwnRows
  readonly conversations: Conversations
  readonly history: History
  /** Returns whether a device of the account was revoked, as far as this device knows by now. */
  readonly isRevoked: (deviceId: DeviceId) => Promise<boolean>
}

/** One wording of a message. */
export type Version = { readonly at: number; readonly text: string }

type Written = { readonly text: string; readonly replyTo?: MessageId | undefined }

/**
 * Changes messages that are there: edits, deletes, pins and forwards them, reacts to them, and
 * erases those whose time is over. Each change is another message in the log. Its call resolves
 * when this device has queued it. All devices judge it by the same rules, and the client emits
 * `changed` once this one has.
 */
export class Messages {
  readonly #parts: Parts
  readonly #sweeper: Sweeper
  readonly #hidden: HiddenMessages

  constructor(parts: Parts) {
    const { context } = parts
    const { store, clock, events } = context
    this.#parts = parts
    const onError = (error: Error) => events.emit('trouble', error)
    this.#sweeper = new Sweeper({ store, clock, onError, erase: (due) => this.#erase(due) })
    this.#hidden = new HiddenMessages({
      ...{ rows: parts.rows, store, signer: context.identity, failed: onError, isRevoked: parts.isRevoked },
      erase: async (ids) => this.#erase(await this.#placesOf(ids)),
    })
    events.on('entry', (entry) => {
      if (entry.expiresAt !== undefined) this.#sweeper.wake()
      this.#hidden.arrived(entry)
    })
    events.on('restored', () => this.#hidden.again())
  }

  /** Erases messages whose time is over, and repeats that until `stop`. @internal */
  async start(): Promise<void> {
    await this.#sweeper.sweep()
    this.#sweeper.wake()
    await this.#hidden.start()
  }

  /** Returns whether messages are being erased that another device has hidden. */
  get isBusy(): boolean {
    return this.#hidden.isBusy
  }

  /** Takes over what a device has hidden that is about to be revoked. @internal */
  async adoptHidden(deviceId: DeviceId): Promise<void> {
    await this.#hidden.adopt(deviceId)
  }

  /** @internal */
  async stop(): Promise<void> {
    await this.#sweeper.stop()
    await this.#hidden.idle()
  }

  /** Returns a text message, with the members whom it names with @. @internal */
  compose(conversation: ConversationId, { text, replyTo }: Written): Payload {
    const { members } = this.#parts.conversations.get(conversation).record
    const mentions = mentionsIn(text, members, this.#parts.context.pins)
    return {
      ...{ v: 1, kind: 'text', text },
      ...(replyTo !== undefined && { replyTo }),
      ...(mentions.length > 0 && { mentions }),
    }
  }

  /** Edits an own message of the last day. */
  async edit(target: MessageId, text: string, id?: MessageId): Promise<void> {
    await this.#change({ v: 1, kind: 'edit', target, text }, id)
  }

  /** Deletes an own message for everyone; an admin of a group deletes any message. */
  async deleteForEveryone(target: MessageId, id?: MessageId): Promise<void> {
    await this.#change({ v: 1, kind: 'delete', target }, id)
  }

  /**
   * Deletes messages for this user only: from this device at once, and from the other devices of
   * the account when they connect. Emits `changed` for them.
   *
   * @throws {ClientError} `unknown_message`
   */
  async deleteForMe(targets: readonly MessageId[]): Promise<void> {
    const places = await Promise.all(targets.map((id) => this.#parts.history.entry(id)))
    await this.#hidden.add(targets)
    await this.#erase(places.map(({ conversation }, n) => ({ conversation, id: targets[n] as MessageId })))
  }

  /** Adds this user's reaction to a message, or ends it. */
  async react(
    target: MessageId,
    emoji: string,
    { remove = false, id }: { readonly remove?: boolean; readonly id?: MessageId } = {},
  ): Promise<void> {
    await this.#change({ v: 1, kind: 'reaction', target, emoji, ...(remove && { remove }) }, id)
  }

  /** Pins a message for all members, or ends that. */
  async pin(target: MessageId, pinned: boolean, id?: MessageId): Promise<void> {
    await this.#change({ v: 1, kind: 'pin', target, pinned }, id)
  }

  /** Returns the pinned messages of a chat that are on this device, the last pinned first. */
  async pins(conversation: ConversationId): Promise<Entry[]> {
    const { context, history } = this.#parts
    const pins = pinsOf(await chatNotesOf(context.store, conversation))
    const found = await Promise.all(pins.map(({ target }) => history.entry(target).catch(unlessUnknown)))
    return found.filter((entry) => entry?.conversation === conversation && entry.payload !== undefined) as Entry[]
  }

  /** Sets the time after which new messages of a chat disappear, in seconds; 0 for never. */
  async setTimer(conversation: ConversationId, seconds: number, id?: MessageId): Promise<void> {
    await this.send(conversation, { v: 1, kind: 'timer', seconds }, id)
  }

  /** Returns the time after which new messages disappear, in seconds; 0 for never. */
  async timer(conversation: ConversationId): Promise<number> {
    return (await chatNotesOf(this.#parts.context.store, conversation)).timer?.seconds ?? 0
  }

  /** Returns what a mark of the history changed, if that is still so; see `History.after`. */
  change(mark: Entry): Promise<MessageChange | undefined> {
    const { context, history } = this.#parts
    return changeOf(context.store, (id) => history.entry(id).catch(unlessUnknown), mark)
  }

  /** Returns the wordings of a message that are kept, oldest first. */
  async versions(id: MessageId): Promise<Version[]> {
    const { store } = this.#parts.context
    const { conversation, at } = await this.#parts.history.entry(id)
    const stored = (await findEntry(store, id))?.entry
    const { edits = [] } = await notesOf(store, { ...stored, id, conversation } as Entry)
    const original = wordsOf(stored?.payload)
    const later = edits.map((edit) => ({ at: edit.at, text: edit.text }))
    return [...(original === undefined ? [] : [{ at, text: original }]), ...later]
  }

  /**
   * Sends a message to another chat, marked as forwarded. A file is downloaded and uploaded again,
   * with progress. A repeated call with the same `id` sends nothing twice.
   *
   * @throws {ClientError} `cannot_forward`, `cancelled`, and the errors of `Files`
   */
  async forward(
    source: MessageId,
    to: ConversationId,
    { id = this.#parts.context.newId(), ...options }: { readonly id?: MessageId } & TransferOptions = {},
  ): Promise<void> {
    const { files, history, conversations } = this.#parts
    const { outbox } = conversations.get(to)
    const queue = (one: MessageId, payload: Payload) => outbox.queue(one, payload)
    await forward({ files, queue }, await history.entry(source), { conversation: to, id }, options)
  }

  /** Queues a change, after the check by the rules under which all devices judge it. */
  async send(conversation: ConversationId, payload: Annotation, id?: MessageId): Promise<void> {
    const { context, conversations } = this.#parts
    const { record, outbox } = conversations.get(conversation)
    judgeOwn(payload, {
      ...{ record, me: context.identity.userId, now: context.clock.wallMs() },
      chat: await chatNotesOf(context.store, conversation),
      target: 'target' in payload ? await this.#target(conversation, payload.target) : undefined,
    })
    await outbox.queue(id ?? context.newId(), payload)
  }

  async #change(payload: Exclude<Annotation, { kind: 'timer' }>, id?: MessageId): Promise<void> {
    const waiting = this.#parts.conversations.all.find(({ outbox }) => outbox.records.has(payload.target))
    const conversation = waiting?.id ?? (await this.#parts.history.entry(payload.target)).conversation
    await this.send(conversation, payload, id)
  }

  /** Returns a message of a chat, from the history or the outbox. */
  async #target(conversation: ConversationId, id: MessageId): Promise<Entry | undefined> {
    const { history, conversations, context } = this.#parts
    const waiting = conversations.get(conversation).outbox.records.get(id)
    if (!waiting) {
      const entry = await history.entry(id)
      return entry.conversation === conversation ? entry : undefined
    }
    const { userId: from } = context.identity
    return { type: 'message', conversation, seq: 0, at: context.clock.wallMs(), from, payload: waiting.payload }
  }

  /** Returns the places of those messages that this device has. */
  async #placesOf(ids: readonly MessageId[]): Promise<{ conversation: ConversationId; id: MessageId }[]> {
    const found = await Promise.all(ids.map((id) => findEntry(this.#parts.context.store, id)))
    return found.flatMap((one, n) => {
      if (one?.entry.type !== 'message') return []
      return [{ conversation: one.entry.conversation, id: ids[n] as MessageId }]
    })
  }

  async #erase(messages: Parameters<typeof eraseLocally>[1]): Promise<void> {
    const { context, conversations } = this.#parts
    const { store, events } = context
    const changed = (conversation: ConversationId, id: MessageId) => events.emit('changed', { conversation, id })
    await eraseLocally({ store, conversations, changed }, messages)
  }
}

function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof ClientError) || error.code !== 'unknown_message') throw error
}
