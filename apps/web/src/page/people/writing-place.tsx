import type { ChatRow } from '../../engine/engine-state.ts'
import { Composer } from '../composer.tsx'
import { useSelected } from '../page-context.ts'
import { BlockedBar, ClosedBar } from './closed-bar.tsx'
import { useIsStopped } from './key-notice.tsx'

type Props = { readonly chat: ChatRow; readonly title: string }

/** The box to write in, where this person may write now. */
export function WritingPlace({ chat, title }: Props) {
  const isStopped = useIsStopped(chat.peer)
  const isBlocked = useSelected(({ engine }) => chat.peer !== undefined && engine?.people?.[chat.peer]?.isBlocked)
  if (!chat.mayWrite) return <ClosedBar chat={chat} title={title} />
  if (isBlocked) return <BlockedBar chat={chat} />
  // The notice above says why there is no box.
  return isStopped ? null : <Composer key={chat.id} conversation={chat.id} />
}
