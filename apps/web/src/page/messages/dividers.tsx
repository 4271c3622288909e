import type { Line } from '../../engine/line.ts'
import { usePage } from '../page-context.ts'
import styles from '../timeline-view.module.css'
import { dayOf, dayWords } from '../times.ts'

/** Where the unread messages begin, and how many they are. */
export type UnreadMark = { readonly from: number; readonly count: number }

type Props = {
  readonly line: Line
  readonly before: Line | undefined
  readonly unread: UnreadMark | undefined
}

/** The day above its first line, and the mark above the first unread one. */
export function Dividers({ line, before, unread }: Props) {
  const { words, language, clock } = usePage()
  const isNewDay = !before || dayOf(before.at) !== dayOf(line.at)
  const isUnread = unread !== undefined && line.seq === unread.from && before?.seq !== unread.from
  return (
    <>
      {isNewDay && <p class={styles.day}>{dayWords(line.at, language, words.days, clock.wallMs())}</p>}
      {isUnread && (
        <p class={styles.unread} data-unread>
          {words.talk.newMessages(Math.max(1, unread.count))}
        </p>
      )}
    </>
  )
}
