import type { Line } from '../../engine/line.ts'
import { emojiPanel } from '../emoji/emoji-panel.tsx'
import { type MenuItem, type PopupRequest, usePopup } from '../menu/menu-context.ts'
import { usePage, useSelected } from '../page-context.ts'

type At = PopupRequest['at']

/** The actions that this person can do on a message. One that is absent is not possible. */
export type LineVerbs = {
  readonly reply?: () => void
  readonly edit?: () => void
  readonly react?: (at: At) => void
  readonly forward?: () => void
  readonly pin?: () => void
  readonly copy?: () => void
  readonly details?: () => void
  readonly remove?: () => void
  readonly menu: (at: At) => void
}

/** Returns what this person can do with a message: the same in its menu and by keys. */
export function useLineVerbs(line: Line): LineVerbs {
  const { actions, words, clock } = usePage()
  const popup = usePopup()
  const mayPin = useSelected(({ engine, open }) => engine?.chats.find(({ id }) => id === open)?.mayPin === true)
  const isThere = line.id !== undefined && line.kind !== 'deleted'
  const isStored = isThere && line.seq !== undefined
  const isEditable = line.editableUntil !== undefined && clock.wallMs() < line.editableUntil
  const verbs: Omit<LineVerbs, 'menu'> = {
    ...(isThere && { reply: () => actions.messages.compose('reply', line) }),
    ...(isThere && isEditable && { edit: () => actions.messages.compose('edit', line) }),
    ...(isStored && { react: (at) => popup(reactionPopup(at)) }),
    ...(isStored && line.kind !== 'unknown' && { forward: () => actions.traces.askToForward(line) }),
    ...(isStored && mayPin && { pin: () => void actions.pins.pin(line, !line.isPinned) }),
    ...(isThere && line.text !== '' && { copy: () => void navigator.clipboard.writeText(line.text) }),
    ...(isStored && { details: () => actions.traces.show(line) }),
    ...(isThere && { remove: () => actions.messages.askToDelete(line) }),
  }
  const reactionPopup = (at: At): PopupRequest => ({
    ...{ at, label: words.talk.addReaction },
    panel: emojiPanel((emoji) => void actions.messages.react(line, emoji)),
  })
  const menu = (at: At) => popup({ at, label: words.conversation.actions, items: itemsOf(at) })
  const itemsOf = (at: At): MenuItem[] => {
    const { conversation, talk } = words
    const { reply, react, edit, forward, pin, copy, details, remove } = verbs
    return [
      ...(reply ? [{ label: conversation.reply, hint: 'R', run: reply }] : []),
      ...(react ? [{ label: talk.addReaction, hint: '+', run: () => react(at) }] : []),
      ...(edit ? [{ label: conversation.edit, hint: 'E', run: edit }] : []),
      ...(forward ? [{ label: talk.forward, hint: 'F', run: forward }] : []),
      ...(copy ? [{ label: talk.copy, hint: 'C', run: copy }] : []),
      ...(pin ? [{ label: line.isPinned ? talk.unpin : talk.pin, hint: 'P', run: pin }] : []),
      ...(details ? [{ label: talk.details, hint: 'I', run: details }] : []),
      ...(remove ? [{ label: conversation.remove, isBad: true as const, run: remove }] : []),
    ]
  }
  return { ...verbs, menu }
}
