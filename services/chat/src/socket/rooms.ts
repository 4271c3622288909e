import type { ConversationId } from '@fastchat/schema'
import type { ConversationKey, Delivery, LeafDelta, Log } from '../domain/ports.ts'
import { type Entry, RecentEntries } from '../domain/recent-entries.ts'
import type { Traces, Via } from '../domain/traces.ts'
import type { Reading } from './reading.ts'
import { textFrame } from './text-frame.ts'

/** A conversation that somebody connected to this pod reads. A full pod has 100 000 of them: an idle one holds no empty collections. */
export type Room = {
  readonly conversation: ConversationId
  readonly key: ConversationKey
  /** Everything up to here was offered to the readers. */
  head: number
  /** The log is known to reach this far; above `head` while a gap is being read. */
  target: number
  isHealing: boolean
  /** Replaced, never changed: one who leaves while all are told does not shift the others. */
  readings: readonly Reading[]
  /** Reads under way, by the position they start after: who needs the same page shares it. */
  pages: Map<number, Promise<readonly Entry[]>> | undefined
  /** Resolves when new entries come in, or Redis is found to be away; undefined from then on. */
  listening: Promise<void> | undefined
}

export type RoomsOptions = {
  readonly log: Pick<Log, 'page'>
  readonly bus: {
    subscribe(conversations: Iterable<ConversationId>): Promise<void>
    unsubscribe(conversations: Iterable<ConversationId>): void
  }
  /** The leaves of a conversation have changed; called in the log's order. */
  readonly onDelta: (delta: LeafDelta) => void
  readonly onHealError: (error: unknown) => void
  readonly traces?: Pick<Traces, 'delivering'> | undefined
  readonly recent?: RecentEntries
}

const healPage = { maxEntries: 200, maxBytes: 256 * 1024 } as const

/**
 * New entries on their way to this pod's sockets. Wherever an entry comes from (this pod's writer, the bus, a read of the
 * log), it is offered to a room's readers once, in the log's order, and only right after the one before it. Entries that
 * never came are read from the log as soon as a later one, a sweep or a reader's position shows that they exist.
 */
export class Rooms {
  readonly #options: RoomsOptions
  readonly #recent: RecentEntries
  readonly #rooms = new Map<ConversationId, Room>()
  readonly #byKey = new Map<ConversationKey, Room>()
  /** Gaps that could not be read. */
  readonly #unhealed = new Set<Room>()
  /** Gaps found since the start. */
  healCount = 0

  constructor(options: RoomsOptions) {
    this.#options = options
    this.#recent = options.recent ?? new RecentEntries()
  }

  get count(): number {
    return this.#rooms.size
  }

  find(conversation: ConversationId): Room | undefined {
    return this.#rooms.get(conversation)
  }

  /** Lets `reading` have what comes. `head`: the log reaches at least this far. */
  join(reading: Reading, head: number): Room {
    const room = this.#rooms.get(reading.conversation) ?? this.#open(reading, head)
    if (!room.readings.includes(reading)) room.readings = room.readings.concat(reading)
    this.#raise(room, head, 'join')
    return room
  }

  leave(reading: Reading): void {
    const room = this.#rooms.get(reading.conversation)
    if (!room?.readings.includes(reading)) return
    room.readings = room.readings.filter((one) => one !== reading)
    if (room.readings.length > 0) return
    this.#rooms.delete(room.conversation)
    this.#byKey.delete(room.key)
    this.#unhealed.delete(room)
    this.#recent.drop(room.conversation)
    this.#options.bus.unsubscribe([room.conversation])
  }

  /** An entry that was committed just now, here or elsewhere. It may come twice, late, or before an earlier one. */
  accept(delivery: Omit<Delivery, 'key'>, via: 'writer' | 'bus'): void {
    const { conversation, seq, delta } = delivery
    const room = this.#rooms.get(conversation)
    if (room === undefined) {
      if (delta) this.#options.onDelta(delta)
    } else if (seq === room.head + 1) this.#append(room, toEntry(delivery), via)
    else this.#raise(room, seq, 'gap')
  }

  /** The log of this conversation reaches `head`. */
  reaches(key: ConversationKey, head: number): void {
    const room = this.#byKey.get(key)
    if (room) this.#raise(room, head, 'sweep')
  }

  /** Tries again what could not be read. */
  retry(): void {
    for (const room of this.#unhealed) this.#raise(room, room.target, 'sweep')
  }

  /** Entries after `after`, oldest first and dense but for what retention took away; from memory if possible. */
  read(room: Room, after: number, maxEntries: number, maxBytes: number): readonly Entry[] | Promise<readonly Entry[]> {
    return this.#recent.after(room.conversation, after) ?? this.#page(room, after, maxEntries, maxBytes)
  }

  #open({ conversation, key }: Reading, head: number): Room {
    const listening = this.#options.bus.subscribe([conversation]).then(() => {
      room.listening = undefined
    })
    const room: Room = {
      conversation,
      key,
      head,
      target: head,
      isHealing: false,
      readings: [],
      pages: undefined,
      listening,
    }
    this.#rooms.set(conversation, room)
    this.#byKey.set(key, room)
    return room
  }

  #append(room: Room, entry: Entry, via: Via): void {
    room.head = entry.seq
    room.target = Math.max(room.target, entry.seq)
    this.#recent.add(entry)
    const { readings } = room
    const traced = this.#options.traces?.delivering(entry, via)
    for (const reading of readings) reading.reader.offer(reading, entry)
    traced?.(readings.length, readings.filter(({ at }) => at === entry.seq).length)
    if (entry.delta) this.#options.onDelta(entry.delta)
  }

  #raise(room: Room, head: number, via: Via): void {
    room.target = Math.max(room.target, head)
    if (room.target <= room.head || room.isHealing) return
    this.healCount++
    room.isHealing = true
    this.#heal(room, via).then(
      () => this.#unhealed.delete(room),
      (error: unknown) => {
        this.#unhealed.add(room)
        this.#options.onHealError(error)
      },
    )
  }

  async #heal(room: Room, via: Via): Promise<void> {
    try {
      while (room.target > room.head && this.#rooms.get(room.conversation) === room) {
        const page = await this.#page(room, room.head, healPage.maxEntries, healPage.maxBytes)
        if (this.#rooms.get(room.conversation) !== room) return
        // Gone for good. The next entry will show the hole to each reader, and a reader its own `gap`.
        if (page.length === 0) room.target = room.head
        for (const entry of page) if (entry.seq > room.head) this.#append(room, entry, via)
      }
    } finally {
      room.isHealing = false
    }
  }

  #page(room: Room, after: number, maxEntries: number, maxBytes: number): Promise<readonly Entry[]> {
    room.pages ??= new Map()
    const { pages } = room
    const shared = pages.get(after)
    if (shared) return shared
    const page = this.#options.log.page(room.key, after, maxEntries, maxBytes).then((read) => read.map(toEntry))
    pages.set(after, page)
    const forget = () => {
      pages.delete(after)
      if (pages.size === 0 && room.pages === pages) room.pages = undefined
    }
    page.then(forget, forget)
    return page
  }
}

function toEntry({ conversation, seq, kind, delta, frame }: Omit<Delivery, 'key'>): Entry {
  return { conversation, seq, kind, wire: textFrame(frame), ...(delta && { delta }) }
}
