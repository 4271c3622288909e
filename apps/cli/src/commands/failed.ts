import type { FailedRecord } from '@fastchat/client'
import type { Payload } from '@fastchat/schema'
import { CliError } from '../cli-error.ts'
import { formatTarget } from '../text/format.ts'
import { safeName } from '../text/safe-text.ts'
import type { Context } from './context.ts'

/** Lists the messages that could not be sent, the oldest first. */
export async function failed({ out, session }: Context): Promise<void> {
  const { chat } = await session()
  const chats = new Map((await chat.chats()).map((one) => [one.conversation, formatTarget(one)]))
  const all = await chat.failed()
  if (all.length === 0) out.text('No message failed')
  for (const [at, { id, conversation, code, reason, payload }] of all.entries()) {
    const to = chats.get(conversation) ?? conversation
    const words = wordsOf(payload)
    const object = { type: 'failed', number: at + 1, id, conversation, chat: to, code, reason, text: words }
    out.result(object, `${at + 1}. to ${to}: ${safeName(words)} ${out.colors.dim(`(${safeName(reason)})`)}`)
  }
}

/** Sends a failed message again. `wanted` is its number in the list, or its id. */
export async function failedRetry({ out, session }: Context, wanted: string): Promise<void> {
  const { chat } = await session()
  const { id, conversation } = find(await chat.failed(), wanted)
  const retried = await chat.retryFailed({ id })
  out.result({ type: 'queued', id: retried, conversation, former: id }, 'Queued again')
}

/** Forgets a failed message. `wanted` is as in `failedRetry`. */
export async function failedDiscard({ out, session }: Context, wanted: string): Promise<void> {
  const { chat } = await session()
  const { id } = find(await chat.failed(), wanted)
  await chat.discardFailed({ id })
  out.result({ type: 'discarded', id }, 'Forgotten')
}

function find(all: readonly FailedRecord[], wanted: string): FailedRecord {
  const byNumber = /^\d{1,4}$/.test(wanted) ? all[Number(wanted) - 1] : undefined
  const found = byNumber ?? all.find(({ id }) => id === wanted.toLowerCase())
  if (found) return found
  throw new CliError('unknown_message', 'There is no such failed message: fastchat failed shows those that there are')
}

function wordsOf(payload: Payload): string {
  if (payload.kind === 'text') return payload.text
  if (payload.kind !== 'image' && payload.kind !== 'file') return payload.kind
  return `[${payload.kind} ${payload.file.name}]${payload.caption ? ` ${payload.caption}` : ''}`
}
