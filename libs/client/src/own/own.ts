import type { Clock } from '@fastchat/clock'
import { type ConversationId, ownFieldPattern } from '@fastchat/schema'
import { Emitter } from '../emitter.ts'
import { ClientError } from '../errors.ts'
import type { ConversationRecord } from '../store/records.ts'
import { type Chat, chatMarks } from './chat-marks.ts'
import { byPlace } from './chat-order.ts'
import type { OwnRows } from './own-rows.ts'

/** The most pinned chats. */
export const maxPinnedChats = 10
/** The longest draft that is shared, in bytes of UTF-8. */
export const maxDraftBytes = 3 * 1024
const settingsKey = 'settings'
const isFieldName = new RegExp(ownFieldPattern)
const settingName = 'A setting has a name of 1 to 64 letters, digits, - and _, beginning with a small letter'

/** The events of `Own`. */
export type OwnEvents = {
  /** The marks or the draft of these chats changed, here or on another device. */
  chats: readonly ConversationId[]
  /** A setting changed, here or on another device. */
  settings: undefined
}

type Port = {
  readonly rows: OwnRows
  readonly clock: Pick<Clock, 'wallMs'>
  records(): readonly ConversationRecord[]
  /** @throws {ClientError} `unknown_conversation` */
  record(id: ConversationId): ConversationRecord
}

/**
 * Holds what only the devices of this account share: mutes, the archive, pinned chats, drafts and
 * settings. A change is stored here at once, and reaches the other devices when this one is online.
 */
export class Own extends Emitter<OwnEvents> {
  readonly #port: Port
  readonly settings: Settings

  constructor(port: Port) {
    super()
    this.#port = port
    this.settings = new Settings(port.rows)
    port.rows.on('changed', (keys) => {
      const ids = keys.flatMap((key) => conversationOf(key) ?? [])
      if (ids.length > 0) this.emit('chats', [...new Set(ids)])
      if (keys.includes(settingsKey)) this.emit('settings', undefined)
    })
  }

  /**
   * Returns the chats: pinned ones first, then the others by their last message, then the archived
   * ones.
   */
  chats(): readonly Chat[] {
    return this.#port
      .records()
      .map((record) => this.#chatOf(record))
      .toSorted(byPlace)
  }

  /** Returns one chat. @throws {ClientError} `unknown_conversation` */
  chat(id: ConversationId): Chat {
    return this.#chatOf(this.#port.record(id))
  }

  /**
   * Mutes a chat until a time in milliseconds, or without end with `null`. `undefined` ends the
   * mute.
   */
  async mute(id: ConversationId, until: number | null | undefined): Promise<void> {
    const { isArchived } = this.chat(id)
    // A chat that a message has brought back must not vanish because of the mute.
    if (!isArchived) await this.#set(id, 'archived', undefined)
    await this.#set(id, 'muted', until === undefined ? undefined : { until })
  }

  /** Puts a chat into the archive. The next message brings it back, unless the chat is muted. */
  async archive(id: ConversationId): Promise<void> {
    await this.#set(id, 'archived', { at: this.#port.record(id).lastMessageSeq ?? 0 })
  }

  /** Takes a chat out of the archive. */
  async unarchive(id: ConversationId): Promise<void> {
    this.#port.record(id)
    await this.#set(id, 'archived', undefined)
  }

  /**
   * Pins a chat at a place among the pinned ones, from 0; by default behind them.
   *
   * @throws {ClientError} `too_many_pinned`
   */
  async pin(id: ConversationId, place?: number): Promise<void> {
    this.#port.record(id)
    const others = this.#pinned().filter(({ conversation }) => conversation !== id)
    if (others.length >= maxPinnedChats) throw new ClientError('too_many_pinned')
    const at = Math.min(Math.max(0, place ?? others.length), others.length)
    const [before, after] = [others[at - 1]?.rank, others[at]?.rank]
    const rank = between(before, after)
    await this.#set(id, 'pinned', { rank })
  }

  /** Takes a chat from the pinned ones. */
  async unpin(id: ConversationId): Promise<void> {
    this.#port.record(id)
    await this.#set(id, 'pinned', undefined)
  }

  /**
   * Marks a chat as unread, or ends that. The counts stay as they are. The mark ends by itself when
   * this person reads on, on any device of the account.
   */
  async markUnread(id: ConversationId, isUnread = true): Promise<void> {
    const { readSeq } = this.#port.record(id)
    await this.#set(id, 'unread', isUnread ? { at: readSeq } : undefined)
  }

  /** Keeps the draft of a chat. @throws {ClientError} `too_large` over `maxDraftBytes` */
  async setDraft(id: ConversationId, text: string): Promise<void> {
    this.#port.record(id)
    if (new TextEncoder().encode(text).length > maxDraftBytes) throw new ClientError('too_large')
    await this.#port.rows.set(`draft/${id}`, 'text', text === '' ? undefined : text)
  }

  #pinned(): readonly Chat[] {
    return this.chats().filter(({ rank }) => rank !== undefined)
  }

  async #set(id: ConversationId, field: string, value: unknown): Promise<void> {
    await this.#port.rows.set(`chat/${id}`, field, value)
  }

  #chatOf(record: ConversationRecord): Chat {
    const { rows, clock } = this.#port
    const value = (field: string) => rows.value(`chat/${record.conversation}`, field)
    const stored = {
      muted: value('muted'),
      archived: value('archived'),
      pinned: value('pinned'),
      unread: value('unread'),
    }
    const draft = rows.value(`draft/${record.conversation}`, 'text')
    return { ...record, ...chatMarks(stored, record, clock.wallMs()), ...(typeof draft === 'string' && { draft }) }
  }
}

/** Settings that all devices of this account share. */
export class Settings {
  readonly #rows: OwnRows

  constructor(rows: OwnRows) {
    this.#rows = rows
  }

  /** Returns a setting as it was stored. It may be of any form: another version may have set it. */
  get(name: string): unknown {
    return this.#rows.value(settingsKey, name)
  }

  /**
   * Stores a setting, or clears it with `undefined`. A name has 1 to 64 letters, digits, - and _,
   * and begins with a small letter.
   *
   * @throws {ClientError} `invalid_name`, `too_large`
   */
  async set(name: string, value: string | number | boolean | undefined): Promise<void> {
    if (!isFieldName.test(name)) throw new ClientError('invalid_name', settingName)
    await this.#rows.set(settingsKey, name, value)
  }
}

/** Returns a rank between two, so that pinning a chat changes no other one. */
function between(before: number | undefined, after: number | undefined): number {
  if (before === undefined) return after === undefined ? 0 : after - 1
  return after === undefined ? before + 1 : (before + after) / 2
}

function conversationOf(key: string): ConversationId | undefined {
  const [kind, id] = key.split('/')
  // The cast holds because this device and its account's others write only ids there.
  return kind === 'chat' || kind === 'draft' ? (id as ConversationId) : undefined
}
