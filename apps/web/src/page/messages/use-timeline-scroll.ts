import type { ConversationId } from '@fastchat/schema'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Timeline } from '../../engine/line.ts'
import { usePage, useSelected } from '../page-context.ts'
import { PlaceKeeper } from './place-keeper.ts'

/** A reader this near to the end, in pixels, stays at the end. */
const nearEndPx = 80
/** Further lines are read when the first or the last one is this near, in pixels. */
const nearEdgePx = 600
/** A browser keeps no place at the very top while lines are added above. */
const leastScrollPx = 3

/**
 * Scrolls the lines of a conversation. It begins at the first unread one, and goes to a message
 * that a search has found. It follows new lines while the reader is at the end. Otherwise the lines
 * on the screen keep their place.
 */
export function useTimelineScroll(conversation: ConversationId, timeline: Timeline | undefined) {
  const { actions } = usePage()
  const marked = useSelected((state) => state.marked)
  const box = useRef<HTMLDivElement>(null)
  const hasBegun = useRef(false)
  const shownMark = useRef<typeof marked>(undefined)
  const lastKey = useRef<string | undefined>(undefined)
  const keeper = useRef(new PlaceKeeper())
  const [isAtEnd, setIsAtEnd] = useState(true)

  const note = () => {
    const { current } = box
    if (!current || !timeline) return
    const isNear = current.scrollHeight - current.scrollTop - current.clientHeight < nearEndPx
    actions.timeline.isAtEnd = isNear && !timeline.hasNewer
    setIsAtEnd(actions.timeline.isAtEnd)
    keeper.current.note(current)
  }

  useLayoutEffect(() => {
    const { current } = box
    if (!current || !timeline) return
    keeper.current.restore(current)
    const last = timeline.lines.at(-1)
    const isNewOwn = hasBegun.current && last?.isOwn === true && last.seq === undefined && last.key !== lastKey.current
    lastKey.current = last?.key
    const mark = marked !== shownMark.current ? current.querySelector<HTMLElement>('[data-marked]') : null
    const divider = hasBegun.current ? null : current.querySelector('[data-unread]')
    if (mark) {
      shownMark.current = marked
      showAt(current, mark, (current.clientHeight - mark.offsetHeight) / 2)
      mark.focus({ preventScroll: true })
    } else if (divider) showAt(current, divider, 0)
    else if (!hasBegun.current || isNewOwn || actions.timeline.isAtEnd) current.scrollTop = current.scrollHeight
    hasBegun.current = true
    note()
  }, [timeline, marked, conversation])

  // The box for a message grows while a person writes: the end stays visible.
  useEffect(() => {
    const { current } = box
    if (!current) return
    const observer = new ResizeObserver(() => {
      if (actions.timeline.isAtEnd) current.scrollTop = current.scrollHeight
    })
    observer.observe(current)
    return () => observer.disconnect()
  }, [actions])

  const onScroll = () => {
    const { current } = box
    if (!current || !timeline) return
    if (current.scrollTop < leastScrollPx && timeline.hasOlder) current.scrollTop = leastScrollPx
    note()
    if (current.scrollTop < nearEdgePx) void actions.timeline.showOlder()
    const below = current.scrollHeight - current.scrollTop - current.clientHeight
    if (below < nearEdgePx) void actions.timeline.showNewer()
  }
  return { box, onScroll, isAtEnd }
}

/** Scrolls the box, and nothing around it, until an element is this many pixels below its top. */
function showAt(box: HTMLElement, element: Element, px: number): void {
  box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top - px
}
