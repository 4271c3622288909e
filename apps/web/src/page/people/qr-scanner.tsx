import { useEffect, useRef } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'
import { openScanner } from './scan-frames.ts'

type Props = {
  readonly hint: string
  readonly onFound: (text: string) => void
  readonly onFailed: () => void
}

/** Shows the camera until it has seen a QR code. Its pictures stay in this page. */
export function QrScanner({ hint, onFound, onFailed }: Props) {
  const { actions } = usePage()
  const video = useRef<HTMLVideoElement>(null)
  const ends = useRef({ onFound, onFailed })
  useEffect(() => {
    const stop = new AbortController()
    const { current } = video
    if (!current) return
    openScanner(current, stop.signal).then(
      (text) => text !== undefined && ends.current.onFound(text),
      () => {
        if (stop.signal.aborted) return
        actions.people.refuseCamera()
        ends.current.onFailed()
      },
    )
    return () => stop.abort()
  }, [actions])
  return (
    <div class={styles.scanner}>
      <p class={styles.soft}>{hint}</p>
      <video ref={video} class={styles.video} muted playsInline aria-label={hint} />
    </div>
  )
}
