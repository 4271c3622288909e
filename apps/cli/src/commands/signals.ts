import { type PrivacyName, type PrivacySettings, privacyNames, type ReceiptState } from '@fastchat/client'
import type { MessageId } from '@fastchat/schema'
import type { Chat } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { PersonHere, SignalHint } from '../chat/signal-verbs.ts'
import { CliError, usageError } from '../cli-error.ts'
import { findTarget } from '../find-target.ts'
import { oneOf } from '../registry/value.ts'
import { formatTime } from '../text/format.ts'
import { ticks } from '../text/ticks.ts'
import type { Context } from './context.ts'
import { findMessage } from './find-message.ts'
import { synced } from './sync.ts'

const memberWords = { none: 'no receipt', delivered: 'delivered', read: 'read' } as const

/** Shows who has received and read a message of this user. */
export async function receipts(context: Context, written: string): Promise<void> {
  const chat = await synced(context)
  const { id } = await findMessage(chat, written)
  const { conversation, seq, state, members } = await chat.receipts({ id })
  const lines = members.map((one) => `${one.username}: ${memberWords[one.state]}`)
  const object = { type: 'receipts', id, conversation, seq, state, members }
  context.out.result(object, [`${ticks[state]} ${state}`, ...lines].join('\n'))
}

/** Asks who of a chat is here, and shows the answers. */
export async function who(context: Context, to: string): Promise<void> {
  const { out, clock } = context
  const chat = await synced(context)
  const found = await findTarget(chat, to)
  if (found.kind === 'person') throw new CliError('no_chat', 'You have no chat with this person yet: send a message')
  const { conversation } = found.chat
  await mustAllowPresence(chat)
  const { people } = await chat.signs({ conversation, ask: 'wait' })
  for (const person of people) {
    const text = `${person.username}: ${hereWords(person, new Date(clock.wallMs()))}`
    out.result({ type: 'presence', ...presenceObject(person) }, text)
  }
}

/** @throws {CliError} `switched_off` when presence is off for this account */
export async function mustAllowPresence(chat: Chat): Promise<void> {
  if (!(await chat.privacy({})).presence) throw switchedOff('presence')
}

/** Shows the switches, or turns one. */
export async function privacy(
  { out, session }: Context,
  name: PrivacyName | undefined,
  turn: 'on' | 'off' | undefined,
): Promise<void> {
  if ((name === undefined) !== (turn === undefined))
    throw usageError(`Give a switch (${privacyNames.join(', ')}) and on or off, or nothing`)
  const { chat } = await session()
  const settings = await chat.privacy(name === undefined ? {} : { name, isOn: turn === 'on' })
  const text = privacyNames.map((one) => `${one.padEnd(10)}${settings[one] ? 'on' : 'off'}`).join('\n')
  out.result({ type: 'privacy', ...settings }, text)
}

/** Reads the name of a switch. @throws {CliError} `usage` */
export function readSwitch(written: string | undefined): PrivacyName | undefined {
  return written === undefined ? undefined : oneOf(...privacyNames).read(written, 'NAME')
}

/** Reads on or off. @throws {CliError} `usage` */
export function readTurn(written: string | undefined): 'on' | 'off' | undefined {
  return written === undefined ? undefined : oneOf('on', 'off').read(written, 'TURN')
}

export function hereWords({ isHere, lastSeenAt }: PersonHere, now: Date): string {
  if (isHere) return 'here'
  return lastSeenAt === undefined ? 'no answer' : `last seen ${formatTime(new Date(lastSeenAt), now)}`
}

/** Returns a hint as `tail --signals` prints it. */
export const signalObject = (hint: SignalHint): Readonly<Record<string, unknown>> => {
  if (hint.kind === 'presence') return { type: 'presence', ...presenceObject(hint) }
  return hint.kind === 'typing'
    ? { type: 'typing', conversation: hint.conversation, users: hint.users }
    : { type: 'receipts_changed', conversation: hint.conversation }
}

export const presenceObject = ({ username, isHere, lastSeenAt }: PersonHere) => ({
  ...{ username, here: isHere },
  ...(lastSeenAt !== undefined && { lastSeen: new Date(lastSeenAt).toISOString() }),
})

const switchedOff = (name: keyof PrivacySettings): CliError =>
  new CliError(
    'switched_off',
    `${name} is off for your account, so you see none. fastchat privacy ${name} on turns it on`,
  )

/**
 * Resolves when all other members have received, or read, a message.
 *
 * @throws {CliError} `switched_off`; `not_reached` when the time is over
 */
export async function untilReached(
  { chat, onHint }: HomeSession,
  id: MessageId,
  wanted: 'delivered' | 'read',
  signal: AbortSignal,
): Promise<ReceiptState> {
  if (!(await chat.privacy({})).receipts) throw switchedOff('receipts')
  let changed = Promise.withResolvers<void>()
  const wake = () => changed.resolve()
  const stop = onHint(wake)
  signal.addEventListener('abort', wake)
  try {
    for (;;) {
      changed = Promise.withResolvers()
      const state = await chat.receipts({ id }).then(
        (told) => told.state,
        (error: unknown) => {
          // The server has stored the message, and the log has not shown it yet.
          if (error instanceof CliError && error.code === 'unknown_message') return 'stored' as const
          throw error
        },
      )
      if (state === 'read' || state === wanted) return state
      if (signal.aborted) throw new CliError('not_reached', notReached(wanted))
      await changed.promise
    }
  } finally {
    signal.removeEventListener('abort', wake)
    stop()
  }
}

const notReached = (wanted: string): string =>
  `The message is sent, and not ${wanted} by all others yet. fastchat receipts and its id shows by whom`
