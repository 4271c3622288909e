import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Conversations } from '../conversation/conversations.ts'
import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { chatKey, chatNotesOf, takePending } from './chat-notes.ts'
import { Draft } from './draft.ts'
import { eraseMessage } from './erase.ts'
import { findIn } from './find-entry.ts'
import { notesOf } from './shown-entries.ts'
import type { Due } from './sweeper.ts'

type Context = {
  readonly store: Store
  readonly conversations: Pick<Conversations, 'all'>
  readonly changed: (conversation: ConversationId, id: MessageId) => void
}

/**
 * Erases messages from this device, with everything said about them. Messages that are gone are
 * ignored. Each conversation's messages go in one batch.
 */
export async function eraseLocally(
  context: Context,
  messages: readonly (Omit<Due, 'key'> & { readonly key?: string })[],
): Promise<void> {
  for (const [conversation, some] of Map.groupBy(messages, (one) => one.conversation)) {
    const work = () => eraseIn(context, conversation, some)
    const found = context.conversations.all.find(({ id }) => id === conversation)
    const erased = await (found ? found.locked(work) : work())
    for (const id of erased) context.changed(conversation, id)
  }
}

async function eraseIn(
  { store }: Context,
  conversation: ConversationId,
  messages: readonly { readonly id: MessageId; readonly key?: string }[],
): Promise<MessageId[]> {
  const draft = new Draft(store, new Batch())
  const erased: MessageId[] = []
  const before = await chatNotesOf(store, conversation)
  let chat = before
  for (const { id, key } of messages) {
    if (key !== undefined) draft.batch.remove('expiring', key)
    const found = await findIn(draft, id)
    if (found?.entry.type !== 'message' || found.entry.conversation !== conversation) continue
    eraseMessage(draft, found, await notesOf(store, found.entry))
    chat = takePending(chat, id).notes
    erased.push(id)
  }
  if (chat !== before) draft.batch.put('annotations', chatKey(conversation), chat)
  await store.write(draft.batch.writes)
  return erased
}
