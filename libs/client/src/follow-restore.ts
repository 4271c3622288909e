import { chatOperations } from '@fastchat/schema'
import type { Context } from './conversation/context.ts'
import type { Conversation } from './conversation/conversation.ts'
import { isTemporary, ServerError } from './errors.ts'
import { createBackoff, pause } from './net/backoff.ts'

/**
 * The server's database is another one than this device knew: it was restored from a copy, and lacks what came after that. What was sent
 * lately is sent again, under its ids; key packages are made anew; conversations in which the copy has no place for this device are entered
 * again, and those that it does not know at all are over. In all others the log tells of a `gap`, and the next group is due.
 *
 * Safe to be done again from the start. The limit: messages that were sent more than ten minutes before the last one of this device, and
 * all that others' devices do not send again, are in the history of those who have read them and nowhere else.
 */
export async function followRestore(context: Context, conversations: readonly Conversation[]): Promise<void> {
  for (const { outbox } of conversations) await outbox.sendAgain()
  await untilAnswered(context, () => context.keyPackages.renew())
  for (const conversation of conversations)
    if (conversation.group) await untilAnswered(context, () => findPlace(context, conversation))
}

/** A server that has just come back may be busy. Without a connection the next one begins anew. */
async function untilAnswered({ connection }: Context, task: () => Promise<void>): Promise<void> {
  const backoff = createBackoff()
  for (;;) {
    try {
      return await task()
    } catch (error) {
      if (!isTemporary(error) || !connection.isOnline) throw error
      await pause(backoff.next(error instanceof ServerError ? error.retryMs : 0))
    }
  }
}

async function findPlace(context: Context, conversation: Conversation): Promise<void> {
  try {
    const params = { conversation: conversation.id }
    const { leaf, groupNo } = await context.api.call(chatOperations.getConversation, { params })
    if (!leaf) await conversation.displaced({ lost: groupNo === 0 })
  } catch (error) {
    if (!(error instanceof ServerError && error.code === 'not_found')) throw error
    await conversation.displaced({ lost: true })
  }
}
