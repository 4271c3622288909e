import { CannotJoin, type Group, groupCheckDigits, signLeave } from '@fastchat/crypto'
import { type GroupMoment, momentOf } from '@fastchat/crypto/verify'
import {
  type ConversationId,
  chatOperations,
  type DeviceId,
  fromBase64Url,
  type MessageId,
  type Payload,
  type ServerFrames,
  type SharedProfile,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { storedRecord } from '../chain/stored-chain.ts'
import { ClientError, ServerError } from '../errors.ts'
import { type GroupEpoch, isSameGroupEpoch } from '../group-epoch.ts'
import { pause } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import {
  Batch,
  type ConversationRecord,
  type Entry,
  entryKey,
  type OutboxRecord,
  type SystemEvent,
} from '../store/records.ts'
import { Trouble } from '../trouble.ts'
import type { TroubleCode } from '../trouble-words.ts'
import type { Context } from './context.ts'
import { type Doubt, learnDepartures } from './departures.ts'
import { Intents } from './intents.ts'
import { keepPublicGroup } from './kept-group.ts'
import { readOffer } from './lawful-history.ts'
import type { LogItem } from './log-item.ts'
import { LogReader } from './log-reader.ts'
import { Outbox } from './outbox.ts'
import type { SendSlots } from './outbox-sender.ts'
import { endedBy } from './read-revocation.ts'
import type { Reading, View } from './reading.ts'
import { Recovery } from './recovery.ts'
import { mustPrune, withRevoked } from './revocations.ts'
import type { SentMessages } from './sent-messages.ts'
import { UntrustedKey } from './untrusted-key.ts'

type Saved = {
  readonly record: ConversationRecord
  readonly group?: Group
  readonly outbox: readonly OutboxRecord[]
  readonly sent: SentMessages
}

/** Pauses before a message goes again that the server wants a removal before; longer when there is nothing to remove. */
const pruneRetryMs = 250
const unprovenRetryMs = 2_000

/** Times that a leave statement is signed anew for a group that moves on, and the pause before it. */
const maxSignings = 20
const movedOnMs = 100
/** Alarms that wait for the next entry. */
const maxOwed = 8

/** One conversation of this device: reads its log in order, sends its outbox in order, changes its group. */
export class Conversation {
  readonly id: ConversationId
  readonly intents: Intents
  readonly outbox: Outbox
  readonly #context: Context
  readonly #serial = new Serial()
  readonly #reader: LogReader
  readonly #recovery: Recovery
  #record: ConversationRecord
  #group: Group | undefined
  #isPruning = false
  #isCaughtUp = false
  #isAsking = false
  /** The last state of the group for which the server asserted a departure that it did not prove. */
  #doubted: GroupEpoch | undefined

  constructor(context: Context, slots: SendSlots, { record, group, outbox, sent }: Saved) {
    this.id = record.conversation
    this.#context = context
    this.#record = record
    this.#group = group
    const view = (): View => ({ record: this.#record, group: this.#group })
    const locked = <T>(task: () => Promise<T>): Promise<T> => this.#serial.run(task)
    const ask = () => this.#reader.ask()
    const advanced = (next: Group) => {
      this.#group = next
    }
    const outboxPort = {
      view,
      locked,
      ask,
      advanced,
      prune: () => void this.#prune(),
      commitFirst: this.#commitFirst,
      renew: () => this.#renew(),
      hasCaughtUp: () => this.#hasCaughtUp(),
      changed: (next: ConversationRecord) => this.#changed(next),
      moved: (seq: number) => this.#moved(seq),
    }
    this.outbox = new Outbox(context, this.id, outboxPort, slots, { records: outbox, sent })
    this.intents = new Intents(context, this.id, {
      view,
      locked,
      ask,
      hasAllOfLog: () => this.#reader.hasAll,
      save: (next) => this.#save(next),
      moved: () => this.outbox.pump(),
      commitFirst: (refused) => void this.#learnDeparted(refused),
      lost: (error) => void this.#lost(error).catch(this.#tell),
      stuck: () => void this.#tellOnce('cannot_enter').catch(this.#tell),
    })
    this.#recovery = new Recovery(context, {
      view,
      save: (change) => locked(() => this.#save({ ...this.#record, ...change })),
      want: (change) => this.intents.want(change),
    })
    this.#reader = new LogReader(context, this.id, {
      view,
      locked,
      outbox: this.outbox.records,
      acked: (seq) => this.outbox.acked(seq),
      attemptOf: (id) => this.intents.attemptOf(id),
      superseded: (readings, batch) => this.#superseded(readings, batch),
      read: (readings, after) => this.#read(readings, after),
      tell: (code) => void this.#tellOnce(code).catch(this.#tell),
    })
  }

  get record(): ConversationRecord {
    return this.#record
  }

  get group(): Group | undefined {
    return this.#group
  }

  /** The digits that members compare to know that they are in one group, and the epoch that they stand for. Undefined outside of it. */
  check(): { readonly digits: string; readonly epoch: number } | undefined {
    const { group } = this
    if (!group?.isMember || group.isOfFormerRules) return undefined
    return { digits: groupCheckDigits(this.id, group.epochAuthenticator), epoch: group.epoch }
  }

  /** Nothing read, joined or changed is under way. Messages may still wait for a connection. */
  get isSettled(): boolean {
    return this.#reader.isIdle && this.#serial.isIdle && !this.intents.isJoining
  }

  /** Stores a conversation that was just taken up. */
  async keep(): Promise<void> {
    await this.#serial.run(() => this.#save(this.#record))
  }

  async load(): Promise<void> {
    await this.intents.load()
  }

  /** The connection is ready: what waits is tried again. */
  online(): void {
    this.#reader.restart()
    this.#recovery.mend()
    this.#goOn()
  }

  /** Everything that was missed has been delivered. */
  caughtUp(): void {
    this.outbox.pump()
  }

  /** Once so in the life of this process: the files can't be replaced under it. */
  #hasCaughtUp(): boolean {
    this.#isCaughtUp ||= this.#context.hasSynced() && this.#reader.isUpToDate
    return this.#isCaughtUp
  }

  /** What comes next in the log arrived, or the word that it is gone. */
  receive(item: LogItem): void {
    this.#reader.receive(item)
  }

  /** We belong here, the server says. */
  invited(invitation: ServerFrames['welcome']): void {
    this.#recovery.invited(invitation)
  }

  /**
   * The server was restored from a copy that has no place for this device here: it joined later than that. With `lost` the copy does
   * not even know the conversation, and history is all that is left. It may be lying: the public group stays to compare with.
   */
  async displaced({ lost }: { readonly lost: boolean }): Promise<void> {
    const { conversation, cursor: seq } = this.#record
    await this.#serial.run(async () => {
      const group = this.#group
      if (!group) return
      const { groupNo, epoch } = group
      // Nobody goes on in a group of the rules before.
      const isKept = group.isMember && !group.isOfFormerRules
      const event: SystemEvent = { kind: 'restored', ...(lost && { lost }) }
      const entry: Entry = { type: 'system', conversation, seq, at: this.#context.clock.wallMs(), event }
      const record: ConversationRecord = {
        ...{ ...this.#record, status: lost ? 'removed' : 'joining', isRestored: true },
        ...(isKept && { lawful: { groupNo, epoch, isKept } }),
      }
      const key = `${entryKey(conversation, seq)}/restored`
      const batch = new Batch().put('entries', key, entry).put('conversations', conversation, storedRecord(record))
      if (isKept) await keepPublicGroup(batch, group)
      await this.#context.store.write(batch.remove('groups', conversation).writes)
      this.#record = record
      this.#group = undefined
      this.#context.events.emit('entry', entry)
      this.#context.events.emit('conversation', record)
    })
    if (!lost) this.intents.want({ kind: 'join' }).catch(this.#tell)
    this.#goOn()
  }

  /** This device was revoked, and its account key says so: what it holds of the group is of no more use. */
  async revoked(): Promise<void> {
    const { userId, deviceId: device } = this.#context.identity
    await this.#serial.run(async () => {
      if (!this.#group && this.#record.status !== 'joining') return
      const { conversation, cursor: seq } = this.#record
      const event: SystemEvent = { kind: 'revoked', users: [userId] }
      const at = this.#context.clock.wallMs()
      const entry: Entry = { type: 'system', conversation, seq, at, from: userId, device, event }
      const record = endedBy(this.#record)
      const batch = new Batch()
        .put('entries', `${entryKey(conversation, seq)}/revoked`, entry)
        .put('conversations', conversation, storedRecord(record))
        .remove('groups', conversation)
      await this.#context.store.write(batch.writes)
      this.#record = record
      this.#group = undefined
      this.#context.events.emit('entry', entry)
      this.#context.events.emit('conversation', record)
    })
    this.#goOn()
  }

  /** A line about a user, where this device stands in the log: it is not part of that. Once for each position. */
  async tell(from: UserId | undefined, code: TroubleCode): Promise<void> {
    await this.#serial.run(async () => {
      const { conversation, cursor: seq } = this.#record
      const event = { kind: 'trouble', code } as const
      const about = from === undefined ? {} : { from }
      const entry: Entry = { type: 'system', conversation, seq, at: this.#context.clock.wallMs(), ...about, event }
      const key = `${entryKey(conversation, seq)}/${code}/${from ?? ''}`
      if ((await this.#context.store.get('entries', key)) !== undefined) return
      await this.#context.store.write(new Batch().put('entries', key, entry).writes)
      this.#context.events.emit('entry', entry)
    })
  }

  /**
   * Leaves the group. The last thing this device gets from it is the commit that removes it. The statement is about one epoch: it is
   * signed anew when the group moves on meanwhile.
   *
   * @throws {ClientError} `not_a_member`; {ServerError}
   */
  async leave(id: MessageId): Promise<void> {
    let moment = await this.#presentMoment()
    for (let signings = 1; ; signings++) {
      const statement = toBase64Url(signLeave(this.#context.identity, moment))
      try {
        await this.#context.api.call(chatOperations.leave, {
          params: { conversation: this.id },
          body: { id, statement },
        })
        break
      } catch (error) {
        const hasMovedOn = error instanceof ServerError && error.code === 'stale_epoch'
        if (!hasMovedOn || signings === maxSignings) throw error
        this.#reader.ask()
        await pause(movedOnMs)
        moment = await this.#presentMoment()
      }
    }
    const { groupNo, epoch } = moment
    await this.#serial.run(async () => {
      const { status } = this.#record
      // The log may have told of more by now: that we are out, or even in again.
      const isOfThen = this.#group?.groupNo === groupNo && this.#group.epoch === epoch
      if (status === 'active' && isOfThen) await this.#save({ ...this.#record, status: 'left' })
    })
  }

  /** Of the group that this device is in; or, for a member whose device has not come in, of the one that the server shows. */
  async #presentMoment(): Promise<GroupMoment> {
    const { group } = this
    if (group) return momentOf(group.publicGroup)
    if (this.#record.status !== 'joining')
      throw new ClientError('not_a_member', 'You are not a member of this conversation')
    const params = { conversation: this.id }
    const { groupInfo } = await this.#context.api.call(chatOperations.groupInfo, { params })
    return momentOf(await readOffer(fromBase64Url(groupInfo)))
  }

  async markRead(seq: number): Promise<void> {
    await this.#serial.run(async () => {
      if (seq <= this.#record.readSeq) return
      await this.#save({ ...this.#record, readSeq: seq, unread: seq >= this.#record.cursor ? 0 : this.#record.unread })
    })
  }

  /** Takes the name that another device of this account has read, unless this device knows a later one or will read it itself. */
  async learnName({ name, seq }: SharedProfile): Promise<void> {
    await this.#serial.run(async () => {
      const { profileSeq, cursor, name: known } = this.#record
      const willBeRead = known !== undefined && seq > cursor
      if (seq > profileSeq && !willBeRead) await this.#save({ ...this.#record, name, profileSeq: seq })
    })
  }

  /** Tells the conversation's name to its members; unseen by people who know it. */
  async announce(name: string, topic?: string): Promise<void> {
    const payload: Payload = { v: 1, kind: 'profile', name, ...(topic !== undefined && { topic }) }
    await this.outbox.queue(this.#context.newId(), payload)
  }

  /** The connection is gone. Resolves when nothing of this conversation will touch the store any more. */
  async stop(): Promise<void> {
    this.#reader.stop()
    await this.intents.idle()
    await this.outbox.idle()
    await this.#serial.idle()
  }

  #superseded(readings: readonly Reading[], batch: Batch): void {
    for (const { sent, adopted, isOut } of readings) {
      if (sent) this.outbox.drop(sent.id, sent, batch)
      if (isOut) this.outbox.abandon(batch)
      if (adopted) this.intents.drop(adopted, batch)
    }
  }

  #read(readings: readonly Reading[], after: View): void {
    const { counters, events, keyPackages } = this.#context
    const wasBroken = this.#record.status === 'broken'
    this.#record = after.record
    this.#group = after.group
    for (const { sent, entries, undecryptable, wrongSender, said, alarms = [], troubles = [], isOut } of readings) {
      if (sent) this.outbox.dropped(sent.id, sent)
      if (isOut) this.outbox.abandoned()
      for (const entry of entries) events.emit('entry', entry)
      if (undecryptable) counters.undecryptable++
      if (said) counters.skipped += said.skipped
      for (const alarm of alarms) this.#alarmed(alarm)
      for (const line of troubles) this.#told(line)
      if (wrongSender) {
        counters.wrongSenders++
        const seq = entries.at(-1)?.seq
        events.emit('trouble', new Trouble({ code: 'wrong_sender' }, { conversation: this.id, seq }))
      }
    }
    events.emit('conversation', after.record)
    if (wasBroken && after.record.status === 'active') counters.rejoins++
    if (readings.some(({ hasRunBack, entries }) => hasRunBack && entries.length > 0)) {
      const { conversation, cursor: seq } = after.record
      events.emit('trouble', new Trouble({ code: 'home_restored' }, { conversation, seq }))
    }
    for (const { adopted, newcomers, usedKeyPackage, trouble, isMisleading } of readings) {
      if (isMisleading) this.#replaceGroupInfo()
      if (adopted) this.intents.adopted(adopted)
      if (trouble) this.#recovery.mend()
      if (usedKeyPackage) keyPackages.refill().catch(this.#tell)
      if (newcomers) this.#followed(newcomers)
    }
    this.#goOn()
  }

  /** By an empty commit; the first member who notices is enough. */
  #replaceGroupInfo(): void {
    if (!this.#group) return
    const { groupNo, epoch } = this.#group
    this.intents.want({ kind: 'update', groupNo, epoch }).catch(this.#tell)
  }

  /** This device can't get in: said once at each place in the log, and tried again after the next commit or connection. */
  async #lost(error: unknown): Promise<void> {
    const isUnlawful = error instanceof CannotJoin && error.code === 'unlawful'
    // Where somebody broke the rules of a group that this device was in, the line about that is there, and the next group is the way out.
    const isTold = isUnlawful && this.#group !== undefined && this.#record.brokenBy === 'unlawful'
    // Nothing was wrong here until a group was shown that breaks the rules.
    const isNewLie = isUnlawful && !isTold && (this.#group !== undefined || this.#record.lawful?.isKept === true)
    const isMisled = isNewLie || (error instanceof CannotJoin && error.code === 'other_history')
    // Where a lie kept this device out it is in a group that can't go on; whoever comes in for the first time is in none.
    if (isMisled) await this.#tellOnce('other_history', { status: 'broken', brokenBy: 'unreadable' })
    else if (error instanceof UntrustedKey) await this.tell(error.userId, 'key_mismatch')
    else if (!isTold) await this.#tellOnce('cannot_enter')
    this.#recovery.restartLater()
  }

  /** `change` of the record is made unless a Welcome has brought this device in meanwhile. */
  async #tellOnce(code: TroubleCode, change: Partial<ConversationRecord> = {}): Promise<void> {
    const { conversation, cursor: seq } = this.#record
    await this.#serial.run(async () => {
      const event: SystemEvent = { kind: 'trouble', code }
      const entry: Entry = { conversation, seq, at: this.#context.clock.wallMs(), type: 'system', event }
      const record: ConversationRecord = { ...this.#record, ...(this.#record.status !== 'active' && change) }
      const key = `${entryKey(conversation, seq)}/${code}`
      const isTold = (await this.#context.store.get('entries', key)) !== undefined
      await this.#context.store.write(
        new Batch().put('entries', key, entry).put('conversations', conversation, storedRecord(record)).writes,
      )
      this.#record = record
      if (!isTold) this.#context.events.emit('entry', entry)
      this.#context.events.emit('conversation', record)
    })
    this.#context.events.emit('trouble', new Trouble({ code }, { conversation, seq }))
  }

  /** Does what the conversation's state asks for. */
  #goOn(): void {
    const { status, departed } = this.#record
    const hasLeft = status === 'left' && departed.includes(this.#context.identity.userId)
    if (hasLeft || (!this.#group && (status === 'left' || status === 'removed')))
      this.outbox.abandonAll().catch(this.#tell)
    this.#recovery.followInvitation()
    this.intents.run()
    this.outbox.pump()
  }

  /**
   * Somebody else's commit was read. Whoever came with it may not know the group's name: the device with the lowest leaf
   * among the others tells it.
   */
  #followed(newcomers: readonly number[]): void {
    this.intents.followed()
    const { name, topic } = this.#record
    if (newcomers.length === 0 || name === undefined || !this.#group) return
    const others = this.#group.members().filter(({ leafIndex }) => !newcomers.includes(leafIndex))
    if (others[0]?.leafIndex !== this.#group.ownLeafIndex) return
    this.announce(name, topic).catch(this.#tell)
  }

  readonly #commitFirst = (refused: GroupEpoch | undefined): number => {
    void this.#prune(refused)
    return isSameGroupEpoch(this.#doubted, refused) ? unprovenRetryMs : pruneRetryMs
  }

  /** Removes the leaves of those who have left, and of revoked devices. Who joined after that heard of it from nobody but the server. */
  async #prune(refused?: GroupEpoch): Promise<void> {
    if (this.#isPruning) return
    this.#isPruning = true
    try {
      if (refused && !mustPrune(this.#record)) await this.#learnDeparted(refused)
      if (mustPrune(this.#record)) await this.intents.want({ kind: 'prune' })
    } catch (error) {
      this.#tell(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#isPruning = false
    }
  }

  /** What the server asserts and does not prove is told, and nothing is done about it. */
  async #learnDeparted(refused: GroupEpoch): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      const view = { record: this.#record, group: this.#group }
      const { proven, revoked, unproven } = await learnDepartures(this.#context, view, refused)
      if (proven.length + revoked.length > 0) await this.#departed(proven, revoked)
      if (unproven.length > 0) await this.#doubt(unproven, refused)
    } catch (error) {
      this.#tell(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#isAsking = false
    }
  }

  /** The log may have told of their removal by now. */
  async #departed(proven: readonly UserId[], revoked: readonly DeviceId[]): Promise<void> {
    await this.#serial.run(async () => {
      const isListed = (userId: UserId) => this.#record.members.some((member) => member.userId === userId)
      const departed = [...new Set([...this.#record.departed, ...proven])].filter(isListed)
      const leaves = this.#group?.members() ?? []
      const present = revoked.filter((device) => leaves.some(({ deviceId }) => deviceId === device))
      await this.#save(withRevoked({ ...this.#record, departed }, present))
    })
  }

  async #doubt(doubts: readonly Doubt[], { groupNo, epoch }: GroupEpoch): Promise<void> {
    if (isSameGroupEpoch(this.#doubted, { groupNo, epoch })) return
    this.#doubted = { groupNo, epoch }
    const { events, identity, pins } = this.#context
    for (const { from, code } of doubts) {
      await this.tell(from, code)
      const who = from && { name: pins.nameOf(from), isMe: from === identity.userId }
      events.emit('trouble', new Trouble({ code }, { conversation: this.id, from }, who))
    }
  }

  /** Begins a new epoch: too many of this device's messages in this one were rejected. */
  #renew(): void {
    if (!this.#group) return
    const { groupNo, epoch } = this.#group
    this.intents.want({ kind: 'update', groupNo, epoch }).catch(this.#tell)
  }

  /** An alarm outside the log: it becomes a line with the next entry. Call it under the lock. */
  async #moved(at: number): Promise<void> {
    const event = { kind: 'trouble', code: 'own_message_moved', at } as const
    await this.#save({ ...this.#record, owed: [...(this.#record.owed ?? []), event].slice(0, maxOwed) })
    this.#alarmed({ type: 'system', conversation: this.id, seq: at, at: this.#context.clock.wallMs(), event })
  }

  #alarmed(alarm: Entry): void {
    if (alarm.event?.kind === 'trouble') this.#context.counters.alarms++
    this.#told(alarm)
  }

  /** The line is stored: the application is told. */
  #told({ conversation, seq, from, device, event }: Entry): void {
    if (event?.kind !== 'trouble') return
    const { events, pins, identity } = this.#context
    const who = from && { name: pins.nameOf(from), isMe: from === identity.userId }
    events.emit('trouble', new Trouble(event, { conversation, seq, from, device }, who))
  }

  async #save(record: ConversationRecord): Promise<void> {
    await this.#context.store.write(new Batch().put('conversations', this.id, storedRecord(record)).writes)
    this.#changed(record)
  }

  #changed(record: ConversationRecord): void {
    this.#record = record
    this.#context.events.emit('conversation', record)
  }

  readonly #tell = (error: Error): void => this.#context.events.emit('trouble', error)
}
