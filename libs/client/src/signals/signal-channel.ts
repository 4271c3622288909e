import type { Clock } from '@fastchat/clock'
import { type DeviceIdentity, openSignal, sealSignal } from '@fastchat/crypto'
import {
  type ConversationId,
  type DeviceId,
  type Form,
  formOf,
  fromBase64Url,
  maxSignalMembers,
  type ServerFrames,
  type SignalBody,
  type SignalContent,
  type SignalKind,
  signalContents,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import type { Connection } from '../net/connection.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { SignalKeys } from './signal-keys.ts'

type ChannelDeps = {
  readonly identity: DeviceIdentity
  readonly connection: Pick<Connection, 'isOnline' | 'post'>
  readonly find: (id: ConversationId) => Pick<Conversation, 'record' | 'withGroup'> | undefined
  readonly keys: SignalKeys
  readonly clock: Clock
  /** Whether this user may tell that chat's members something of itself: not before it accepts. */
  readonly mayTell: (record: ConversationRecord) => boolean
  /** Whether what a user tells is left unheard, because this user blocked the user. */
  readonly isBlocked: (user: UserId) => boolean
}

/** A signal whose signature, epoch and number hold. */
export type Heard = {
  readonly conversation: ConversationId
  readonly user: UserId
  readonly device: DeviceId
  readonly content: SignalContent
  /** The last position that this device has read. */
  readonly cursor: number
}

/**
 * A sign of typing or presence whose sender's clock is this far from this device's is passed over:
 * it may be a server's repetition.
 */
const maxAgeMs = 5 * 60_000
/** The number of devices whose last signs are remembered against repetitions. */
const maxRemembered = 4_096

const checks: Readonly<Record<SignalKind, Form<unknown>>> = {
  receipt: formOf(signalContents.receipt),
  typing: formOf(signalContents.typing),
  who: formOf(signalContents.who),
  presence: formOf(signalContents.presence),
}

/**
 * Seals and opens the signals of a device's conversations. A signal counts only if the device of a
 * present leaf has signed it for that conversation and epoch, and if it is later than the last one.
 */
export class SignalChannel {
  readonly #deps: ChannelDeps
  /** The number of the last sign of each device, conversation and kind. */
  readonly #last = new Map<string, number>()
  readonly #sends = new Serial()
  #lastNumber = 0
  #isSupported = false

  constructor(deps: ChannelDeps) {
    this.#deps = deps
  }

  /** Takes the limits that a pod has announced. A pod that names none for signals has none. */
  connected({ maxSignalBytes }: Readonly<Record<string, number>>): void {
    this.#isSupported = maxSignalBytes !== undefined
  }

  get isOpen(): boolean {
    return this.#isSupported && this.#deps.connection.isOnline
  }

  /** Returns whether this device sends signals to a conversation, and takes those of others. */
  serves(record: ConversationRecord): boolean {
    const { status, members } = record
    return status === 'active' && members.length > 1 && members.length <= maxSignalMembers && this.#deps.mayTell(record)
  }

  /** Resolves when the signals so far are sent. */
  async idle(): Promise<void> {
    await this.#sends.idle()
  }

  /**
   * Seals and sends a signal, after those before it. Returns its epoch, or undefined if nothing was
   * sent.
   */
  send(
    conversation: ConversationId,
    body: SignalBody,
    keep = false,
  ): Promise<{ readonly groupNo: number; readonly epoch: number } | undefined> {
    return this.#sends.run(() => this.#send(conversation, body, keep))
  }

  async #send(
    conversation: ConversationId,
    body: SignalBody,
    keep: boolean,
  ): Promise<{ readonly groupNo: number; readonly epoch: number } | undefined> {
    const { find, keys, identity, clock, connection } = this.#deps
    const chat = find(conversation)
    if (!chat || !this.isOpen || !this.serves(chat.record)) return undefined
    const sealer = await chat.withGroup(async (group) => {
      if (!group?.isMember || group.isOfFormerRules) return undefined
      const { groupNo, epoch } = group
      return { at: { conversation, groupNo, epoch }, key: await keys.of(group) }
    })
    if (!sealer) return undefined
    // The wall clock keeps the number growing across restarts, and when an old copy is restored.
    this.#lastNumber = Math.max(this.#lastNumber + 1, clock.wallMs())
    const content = { v: 1, n: this.#lastNumber, ...body }
    const sealed = await sealSignal(sealer.key, sealer.at, identity, content)
    if (!this.isOpen) return undefined
    connection.post({ t: 'signal', ...sealer.at, body: toBase64Url(sealed), ...(keep && { keep }) })
    return sealer.at
  }

  /** Opens a signal. Returns undefined for one that does not count. */
  async open(frame: ServerFrames['signaled']): Promise<Heard | undefined> {
    const { find, keys, identity, isBlocked } = this.#deps
    const { conversation, groupNo, epoch, device } = frame
    const chat = find(conversation)
    if (!chat || device === identity.deviceId || !this.serves(chat.record)) return undefined
    const opener = await chat.withGroup(async (group) => {
      if (!group?.isMember) return undefined
      const sender = group.members().find(({ deviceId }) => deviceId === device)
      const isNow = group.groupNo === groupNo && group.epoch === epoch
      const key = isNow ? await keys.of(group) : await keys.at(conversation, { groupNo, epoch })
      return sender && key && { sender, key, isNow, cursor: chat.record.cursor }
    })
    if (!opener || isBlocked(opener.sender.userId)) return undefined
    const at = { conversation, groupNo, epoch }
    const opened = await openSignal(opener.key, at, opener.sender, fromBase64Url(frame.body))
    const content = readContent(opened)
    if (!content || !this.#isFresh(frame, content, opener.isNow)) return undefined
    return { conversation, user: opener.sender.userId, device, content, cursor: opener.cursor }
  }

  /** A receipt may be of an earlier epoch and of long ago. Other signs are of this moment. */
  #isFresh({ conversation, device }: ServerFrames['signaled'], { kind, n }: SignalContent, isNow: boolean): boolean {
    if (kind === 'receipt') return true // positions only grow, so a repeated receipt changes nothing
    if (!isNow || Math.abs(n - this.#deps.clock.wallMs()) > maxAgeMs) return false
    const name = `${conversation}/${device}/${kind}`
    if (n <= (this.#last.get(name) ?? 0)) return false
    this.#last.delete(name)
    this.#last.set(name, n)
    const [oldest] = this.#last.keys()
    if (this.#last.size > maxRemembered && oldest !== undefined) this.#last.delete(oldest)
    return true
  }
}

/** Returns a content of a known kind in its form. */
function readContent(opened: unknown): SignalContent | undefined {
  if (typeof opened !== 'object' || opened === null || !('kind' in opened)) return undefined
  const { kind } = opened
  if (typeof kind !== 'string' || !Object.hasOwn(checks, kind)) return undefined
  // The casts hold: the kind has a check, and the content passes it.
  return checks[kind as SignalKind].accepts(opened) ? (opened as SignalContent) : undefined
}
