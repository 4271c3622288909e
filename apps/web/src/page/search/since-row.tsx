import type { ConversationId } from '@fastchat/schema'
import { useEffect, useState } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import styles from '../search-dialog.module.css'

/** Tells how far back a search reaches: this device may not have all messages. */
export function SinceRow({ conversation }: { readonly conversation: ConversationId | undefined }) {
  const { actions, words, language } = usePage()
  const [since, setSince] = useState(0)
  useEffect(() => {
    actions.search.since(conversation).then(setSince, (error: unknown) => actions.tell(error))
  }, [conversation, actions])
  if (since === 0) return null
  const day = new Date(since).toLocaleDateString(language, { day: 'numeric', month: 'long', year: 'numeric' })
  return <p class={styles.since}>{words.talk.since(day)}</p>
}
