import type { ConversationId } from '@fastchat/schema'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Timeline } from '../../engine/line.ts'
import { usePage } from '../page-context.ts'

/** Reading while scrolling is told at most once in this time: each time is stored. */
const toldEveryMs = 300

/**
 * Marks as read what a person sees: the page is visible and has the focus, and the lines are on the
 * screen.
 */
export function useReading(
  conversation: ConversationId,
  timeline: Timeline | undefined,
  box: RefObject<HTMLElement | null>,
): void {
  const { actions } = usePage()
  const told = useRef(0)
  useEffect(() => {
    const { current } = box
    if (!timeline || !current) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const read = () => {
      timer = undefined
      const seq = isLooking() ? lastSeen(timeline, current, actions.timeline.isAtEnd) : 0
      if (seq <= told.current) return
      told.current = seq
      void actions.chats.markRead(conversation, seq)
    }
    const readSoon = () => {
      timer ??= setTimeout(read, toldEveryMs)
    }
    read()
    current.addEventListener('scroll', readSoon)
    addEventListener('focus', read)
    document.addEventListener('visibilitychange', read)
    return () => {
      clearTimeout(timer)
      current.removeEventListener('scroll', readSoon)
      removeEventListener('focus', read)
      document.removeEventListener('visibilitychange', read)
    }
  }, [timeline, conversation, actions])
}

export const isLooking = (): boolean => document.visibilityState === 'visible' && document.hasFocus()

/** Returns the position of the last line that is on the screen. At the end it is the last line. */
function lastSeen(timeline: Timeline, box: HTMLElement, isAtEnd: boolean): number {
  if (isAtEnd) return timeline.lines.findLast(({ seq }) => seq !== undefined)?.seq ?? 0
  const { bottom } = box.getBoundingClientRect()
  const lines = [...box.querySelectorAll<HTMLElement>('[data-seq]')]
  const last = lines.findLast((line) => line.getBoundingClientRect().bottom <= bottom)
  return Number(last?.dataset.seq ?? 0)
}
