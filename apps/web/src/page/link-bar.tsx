import { useEffect, useState } from 'preact/hooks'
import styles from './bar.module.css'
import { usePage, useSelected } from './page-context.ts'

/** The time without a connection after which people are told. */
const quietMs = 2_000

/** Tells about a missing connection. It is away while all is well. */
export function LinkBar() {
  const { words, actions, clock } = usePage()
  const link = useSelected(({ engine }) => engine?.link)
  const isOnline = link?.state === 'online'
  const [isLate, setIsLate] = useState(false)
  const [now, setNow] = useState(() => clock.wallMs())
  useEffect(() => {
    setIsLate(false)
    if (isOnline) return
    const late = setTimeout(() => setIsLate(true), quietMs)
    const tick = setInterval(() => setNow(clock.wallMs()), 500)
    return () => {
      clearTimeout(late)
      clearInterval(tick)
    }
  }, [isOnline, clock])
  // `EndedNotice` tells that there is no more connection.
  if (isOnline || !link || link.state === 'ended' || !isLate) return null
  if (link.state !== 'unavailable')
    return (
      <div class={styles.bar} role="status">
        {words.link.connecting}
      </div>
    )
  const seconds = Math.max(0, Math.ceil((link.retryAt - now) / 1000))
  return (
    <div class={styles.bar}>
      <span>{words.link.unavailable(seconds)}</span>
      <button type="button" onClick={() => void actions.chats.retryNow()}>
        {words.link.retry}
      </button>
    </div>
  )
}
