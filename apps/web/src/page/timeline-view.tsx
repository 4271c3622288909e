import type { ConversationId } from '@fastchat/schema'
import { Fragment } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Line, Timeline } from '../engine/line.ts'
import styles from './conversation.module.css'
import { LineView } from './line-view.tsx'
import { usePage, useSelected } from './page-context.ts'
import { dayOf, dayWords } from './times.ts'

/** A reader this near to the end, in pixels, stays at the end. */
const nearEndPx = 80
/** Older lines are read when the top is this near, in pixels. */
const nearTopPx = 600
/** At the very top a browser does not keep the place while lines are added above. */
const leastScrollPx = 3

/** The lines of a conversation. It keeps its place while lines are added above and below. */
export function TimelineView({ conversation }: { readonly conversation: ConversationId }) {
  const { actions, words } = usePage()
  const timeline = useSelected((state) => state.timeline)
  const marked = useSelected((state) => state.marked)
  const box = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  const hasBegun = useRef(false)
  const unreadFrom = useRef<number | undefined>(undefined)
  const isShown = timeline?.conversation === conversation
  if (isShown && !hasBegun.current) unreadFrom.current = timeline.firstUnread

  useLayoutEffect(() => {
    const { current } = box
    if (!current || !isShown) return
    const found = current.querySelector('[data-marked]')
    const divider = found ?? current.querySelector('[data-unread]')
    if (!hasBegun.current && divider) divider.scrollIntoView({ block: found ? 'center' : 'start' })
    else if (isAtEnd.current) current.scrollTop = current.scrollHeight
    hasBegun.current = true
  }, [timeline, isShown])

  useEffect(() => {
    const read = () => readUpTo(timeline)
    const readUpTo = (shown: Timeline | undefined) => {
      const last = shown?.lines.findLast(({ seq }) => seq !== undefined)?.seq
      const isLooking = document.visibilityState === 'visible' && document.hasFocus()
      if (shown?.conversation === conversation && isLooking && isAtEnd.current && last !== undefined && !shown.hasNewer)
        void actions.chats.markRead(conversation, last)
    }
    read()
    addEventListener('focus', read)
    document.addEventListener('visibilitychange', read)
    return () => {
      removeEventListener('focus', read)
      document.removeEventListener('visibilitychange', read)
    }
  }, [timeline, conversation, actions])

  const onScroll = () => {
    const { current } = box
    if (!current) return
    isAtEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < nearEndPx
    if (current.scrollTop < leastScrollPx && timeline?.hasOlder) current.scrollTop = leastScrollPx
    if (current.scrollTop < nearTopPx) void actions.timeline.showOlder()
  }
  const lines = isShown ? timeline.lines : []
  return (
    <>
      <div class={styles.timeline} ref={box} onScroll={onScroll} role="log" aria-live="polite">
        {isShown && lines.length === 0 && <p class={styles.none}>{words.conversation.empty}</p>}
        {lines.map((line, n) => (
          <Fragment key={line.key}>
            <Dividers line={line} before={lines[n - 1]} unreadFrom={unreadFrom.current} />
            <LineView
              line={line}
              isFollowing={isFollowing(line, lines[n - 1])}
              isMarked={marked !== undefined && line.seq === marked}
            />
          </Fragment>
        ))}
      </div>
      {isShown && timeline.hasNewer && (
        <button
          type="button"
          class={styles.latest}
          onClick={() => {
            isAtEnd.current = true
            void actions.timeline.showLatest()
          }}
        >
          {words.conversation.latest}
        </button>
      )}
    </>
  )
}

type DividersProps = {
  readonly line: Line
  readonly before: Line | undefined
  readonly unreadFrom: number | undefined
}

/** The day above its first line, and the mark above the first unread one. */
function Dividers({ line, before, unreadFrom }: DividersProps) {
  const { words, language, clock } = usePage()
  const isNewDay = !before || dayOf(before.at) !== dayOf(line.at)
  const isUnread = unreadFrom !== undefined && line.seq === unreadFrom && before?.seq !== unreadFrom
  return (
    <>
      {isNewDay && <p class={styles.day}>{dayWords(line.at, language, words.days, clock.wallMs())}</p>}
      {isUnread && (
        <p class={styles.unread} data-unread>
          {words.conversation.unreadFrom}
        </p>
      )}
    </>
  )
}

/** Lines of one author within this time form a group. */
const groupMs = 5 * 60_000

/** Returns whether a line continues the group of the one before. */
function isFollowing(line: Line, before: Line | undefined): boolean {
  const isSpoken = (one: Line) => one.kind !== 'system' && one.kind !== 'gap'
  return (
    before !== undefined &&
    isSpoken(line) &&
    isSpoken(before) &&
    line.from === before.from &&
    line.at - before.at < groupMs &&
    dayOf(line.at) === dayOf(before.at)
  )
}
