import { setTimeout as delay } from 'node:timers/promises'
import type { Client, Entry, MemberReceipt, PrivacyName, PrivacySettings, ReceiptState } from '@fastchat/client'
import type { ConversationId, MessageId, UserId } from '@fastchat/schema'
import { CliError } from '../cli-error.ts'
import { safeName } from '../text/safe-text.ts'

/** The time for answers of devices that are here: half a second, and two ways. */
const answersMs = 2_000

/** The chats in which one command asks. A pod takes ten signals in a second from a device. */
const maxAsked = 8

/** The state of a message of this user, and what each other member has told. */
type Receipts = {
  readonly conversation: ConversationId
  readonly seq: number
  readonly state: ReceiptState
  readonly members: readonly { readonly username: string; readonly state: MemberReceipt['state'] }[]
}
export type PersonHere = {
  readonly username: string
  readonly isHere: boolean
  /** The time in milliseconds since 1970, by the person's clock. */
  readonly lastSeenAt?: number
}
/** The signs of the people in a chat, as far as they are known now. */
type Signs = { readonly typing: readonly string[]; readonly people: readonly PersonHere[] }

type In = { readonly conversation: ConversationId }

/** The verbs of a device about receipts, typing and presence. */
export type SignalVerbs = {
  /** @throws {CliError} `not_yours` for a message of somebody else. */
  receipts(args: { readonly id: MessageId }): Promise<Receipts>
  /** Tells the others that this user types, or has stopped. */
  typing(args: In & { readonly isOn: boolean }): Promise<void>
  /** Returns the presence of the people in a chat. With `ask` it asks their devices, and waits. */
  signs(args: In & { readonly ask: 'no' | 'ask' | 'wait' }): Promise<Signs>
  /**
   * Returns the people of this user's chats of whom this device has heard. With `ask` it asks in
   * the latest chats, and waits.
   */
  here(args: { readonly ask: boolean }): Promise<readonly PersonHere[]>
  /** Turns a switch, if one is given. Returns all. */
  privacy(args: { readonly name?: PrivacyName; readonly isOn?: boolean }): Promise<PrivacySettings>
}

export const isSignalVerb: Readonly<Record<keyof SignalVerbs, true>> = {
  receipts: true,
  typing: true,
  signs: true,
  here: true,
  privacy: true,
}

/** A hint about signals. It is complete. */
export type SignalHint =
  | { readonly type: 'signal'; readonly kind: 'receipts'; readonly conversation: ConversationId }
  | {
      readonly type: 'signal'
      readonly kind: 'typing'
      readonly conversation: ConversationId
      readonly users: readonly string[]
    }
  | ({ readonly type: 'signal'; readonly kind: 'presence' } & PersonHere)

/** Returns the verbs of the device of this process. */
export function signalVerbs(client: Client): SignalVerbs {
  const { signals, identity } = client
  const called = (user: UserId) => safeName(client.pins.nameOf(user))
  return {
    async receipts({ id }) {
      const { conversation, seq, from } = await client.entry(id)
      if (from !== identity.userId)
        throw new CliError('not_yours', 'Receipts are of your own messages: give the id of one that you sent')
      await signals.caughtUp(AbortSignal.timeout(answersMs))
      const members = signals.receipts.at(conversation, seq)
      return {
        ...{ conversation, seq, state: signals.receipts.stateAt(conversation, seq) },
        members: members.map(({ user, state }) => ({ username: called(user), state })),
      }
    },
    async typing({ conversation, isOn }) {
      if (isOn) signals.typing.type(conversation)
      else signals.typing.end(conversation)
    },
    async signs({ conversation, ask }) {
      if (ask !== 'no') await signals.presence.ask(conversation)
      if (ask === 'wait') await delay(answersMs, undefined, { ref: false })
      const { members } = client.conversation(conversation).record
      const others = members.map(({ userId }) => userId).filter((user) => user !== identity.userId)
      const people = others.map((user) => ({
        username: called(user),
        isHere: false,
        ...signals.presence.of(user),
      }))
      return { typing: signals.typing.in(conversation).map(called), people }
    },
    async here({ ask }) {
      const active = client.conversations().filter(({ status }) => status === 'active')
      if (ask) {
        for (const { conversation } of active.slice(0, maxAsked)) await signals.presence.ask(conversation)
        await delay(answersMs, undefined, { ref: false })
      }
      return [...signals.presence.known()].map(([user, known]) => ({ username: called(user), ...known }))
    },
    async privacy({ name, isOn }) {
      if (name !== undefined && isOn !== undefined) await signals.privacy.set(name, isOn)
      return signals.privacy.settings
    },
  }
}

/** Returns the state of a message of this user, as a field of its line. */
export function receiptOf({ signals, identity }: Client, entry: Entry): { readonly receipt?: ReceiptState } {
  const { type, from, conversation, seq, annotations } = entry
  if (type !== 'message' || from !== identity.userId || annotations?.deleted) return {}
  return { receipt: signals.receipts.stateAt(conversation, seq) }
}

/** Resolves when the receipts that the server kept have been read. Without a server, at once. */
export async function receiptsRead({ connection, signals }: Client): Promise<void> {
  if (connection.isOnline) await signals.caughtUp(AbortSignal.timeout(answersMs))
}

/** Calls `tell` with each hint about signals. */
export function onSignalHint({ signals, pins }: Client, tell: (hint: SignalHint) => void): void {
  const called = (user: UserId) => safeName(pins.nameOf(user))
  signals.on('receipts', ({ conversation }) => tell({ type: 'signal', kind: 'receipts', conversation }))
  signals.on('typing', ({ conversation, users }) =>
    tell({ type: 'signal', kind: 'typing', conversation, users: users.map(called) }),
  )
  signals.on('presence', ({ user, ...known }) =>
    tell({ type: 'signal', kind: 'presence', username: called(user), ...known }),
  )
}
