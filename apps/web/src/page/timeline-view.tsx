import type { ConversationId } from '@fastchat/schema'
import { Fragment } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { Line } from '../engine/line.ts'
import { LineView } from './line-view.tsx'
import { Dividers, type UnreadMark } from './messages/dividers.tsx'
import { LatestButton } from './messages/latest-button.tsx'
import { isLooking, useReading } from './messages/use-reading.ts'
import { useTimelineScroll } from './messages/use-timeline-scroll.ts'
import { usePage, useSelected } from './page-context.ts'
import styles from './timeline-view.module.css'
import { dayOf } from './times.ts'

/** The lines of a conversation. It keeps its place while lines are added above and below. */
export function TimelineView({ conversation }: { readonly conversation: ConversationId }) {
  const { words } = usePage()
  const timeline = useSelected(({ timeline: shown }) => (shown?.conversation === conversation ? shown : undefined))
  const marked = useSelected((state) => state.marked?.seq)
  const unread = useUnreadMark(conversation, timeline?.firstUnread, timeline !== undefined)
  const { box, onScroll, isAtEnd } = useTimelineScroll(conversation, timeline)
  useReading(conversation, timeline, box)
  const [active, setActive] = useState<string>()
  const lines = timeline?.lines ?? []
  // Tab stops at the last message until the arrows have led to another one.
  const stop = lines.some(({ key }) => key === active) ? active : lines.findLast(isSpoken)?.key
  return (
    <div class={styles.frame}>
      <div class={styles.timeline} ref={box} onScroll={onScroll} role="log" aria-live="polite">
        {timeline && lines.length === 0 && <p class={styles.none}>{words.conversation.empty}</p>}
        {lines.map((line, n) => (
          <Fragment key={line.key}>
            <Dividers line={line} before={lines[n - 1]} unread={unread} />
            <LineView
              line={line}
              isFollowing={isFollowing(line, lines[n - 1])}
              isMarked={marked !== undefined && line.seq === marked}
              isActive={line.key === stop}
              onActive={setActive}
            />
          </Fragment>
        ))}
      </div>
      {timeline && !isAtEnd && <LatestButton conversation={conversation} />}
    </div>
  )
}

/**
 * Returns where the unread messages begin, and how many they are. It stays while they are read: it
 * is where the person left. It moves on while the person looks elsewhere.
 */
function useUnreadMark(
  conversation: ConversationId,
  firstUnread: number | undefined,
  isShown: boolean,
): UnreadMark | undefined {
  const count = useSelected(({ engine }) => engine?.chats.find(({ id }) => id === conversation)?.unread ?? 0)
  const mark = useRef<UnreadMark | undefined>(undefined)
  const hasBegun = useRef(false)
  if (isShown && firstUnread !== undefined) {
    const isFirst = !hasBegun.current || (mark.current === undefined && !isLooking())
    const isMore = mark.current?.from === firstUnread && count > mark.current.count
    if (isFirst || isMore) mark.current = { from: firstUnread, count }
  }
  if (isShown) hasBegun.current = true
  return mark.current
}

/** Lines of one author within this time form a group. */
const groupMs = 5 * 60_000

const isSpoken = ({ kind }: Line): boolean => kind !== 'system' && kind !== 'gap'

/** Returns whether a line continues the group of the one before. */
function isFollowing(line: Line, before: Line | undefined): boolean {
  return (
    before !== undefined &&
    isSpoken(line) &&
    isSpoken(before) &&
    line.from === before.from &&
    line.at - before.at < groupMs &&
    dayOf(line.at) === dayOf(before.at)
  )
}
