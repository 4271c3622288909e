import type { ConversationId } from '@fastchat/schema'
import { useEffect, useRef, useState } from 'preact/hooks'
import { usePage, useSelected } from '../page-context.ts'

/** A draft is stored when nobody has typed for this time, and when the box goes. */
const keptAfterMs = 400

/**
 * Returns the text of the box and how to change it. It begins with the draft of the chat, and is
 * kept as that. A draft of another device or tab is shown while nobody has typed here.
 */
export function useDraft(conversation: ConversationId) {
  const { actions } = usePage()
  const [text, setText] = useState(() => actions.marks.draft(conversation))
  const stored = useSelected(({ engine }) => engine?.chats.find(({ id }) => id === conversation)?.draft ?? '')
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const lastStored = useRef(stored)
  useEffect(() => {
    if (text === lastStored.current && timer.current === undefined) setText(stored)
    lastStored.current = stored
  }, [stored])
  const keep = () => {
    clearTimeout(timer.current)
    timer.current = undefined
    void actions.marks.keepDraft(conversation)
  }
  useEffect(() => {
    addEventListener('pagehide', keep)
    document.addEventListener('visibilitychange', keep)
    return () => {
      removeEventListener('pagehide', keep)
      document.removeEventListener('visibilitychange', keep)
      keep()
    }
  }, [conversation])
  /** Changes the text. One that is edited is no draft. */
  const change = (next: string, { isDraft = true } = {}) => {
    setText(next)
    if (!isDraft) return
    actions.marks.holdDraft(conversation, next)
    clearTimeout(timer.current)
    timer.current = setTimeout(keep, keptAfterMs)
    if (next === '') keep()
  }
  return { text, change }
}
