import { chatOperations } from '@fastchat/schema'
import type { Context } from './conversation/context.ts'
import type { Conversation } from './conversation/conversation.ts'
import { isTemporary, ServerError } from './errors.ts'
import { createBackoff, pause } from './net/backoff.ts'

/**
 * Follows a restore of the server's database from a copy, which lacks the latest changes.
 *
 * It sends recent messages again under their ids, and makes new key packages. It joins
 * conversations again in which the copy has no place for this device, and ends those that the copy
 * does not know. In all other conversations the log shows a `gap`, and the next group is due.
 *
 * It may be repeated from the start. Limit: messages that were sent more than ten minutes before
 * this device's last one, and messages that other devices do not send again, remain only in the
 * histories of those who have read them.
 */
export async function followRestore(context: Context, conversations: readonly Conversation[]): Promise<void> {
  for (const { outbox } of conversations) await outbox.sendAgain()
  await untilAnswered(context, () => context.keyPackages.renew())
  for (const conversation of conversations)
    if (conversation.group) await untilAnswered(context, () => findPlace(context, conversation))
}

/**
 * Repeats a task while the server may answer later: a restarted server may be busy. Without a
 * connection it gives up, and the next connection begins again.
 */
async function untilAnswered({ connection, random, clock }: Context, task: () => Promise<void>): Promise<void> {
  const backoff = createBackoff(random, clock)
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
