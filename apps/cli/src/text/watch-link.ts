import type { Clock, MonotonicMs } from '@fastchat/clock'
import type { Link } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import { noService } from '../to-cli-error.ts'
import type { Output } from './output.ts'

/**
 * The place of the countdown. On a terminal its line changes each second; a log gets one line per
 * outage.
 */
export type Notice = { show(text: string): void; clear(): void }

const secondMs = 1_000
/**
 * Shorter outages are not shown. When a pod is replaced, its clients reach another one sooner than
 * this.
 */
const unseenMs = 2_000

/**
 * Shows that there are no services, and the seconds until the next try, for as long as that holds.
 * Returns the function that stops this.
 */
export function watchLink(session: HomeSession, notice: Notice, clock: Clock): () => void {
  let ticking: ReturnType<typeof setInterval> | undefined
  let downSince: MonotonicMs | undefined
  let isSaid = false
  const clear = () => {
    if (isSaid) notice.clear()
    isSaid = false
  }
  const look = (link: Link) => {
    clearInterval(ticking)
    if (link.state === 'connecting') return
    if (link.state !== 'unavailable') {
      downSince = undefined
      return clear()
    }
    downSince ??= clock.monotonicMs()
    const since = downSince
    const say = () => {
      if (clock.monotonicMs() - since < unseenMs) return
      isSaid = true
      const seconds = Math.max(0, Math.ceil((link.retryAt - clock.wallMs()) / secondMs))
      notice.show(`${noService().message}. Retrying in ${seconds} s`)
    }
    say()
    ticking = setInterval(say, secondMs)
  }
  const stop = session.onHint((hint) => {
    if (hint.type === 'link') look(hint.link)
  })
  session.chat.link().then(look, () => {})
  return () => {
    clearInterval(ticking)
    clear()
    stop()
  }
}

/** Returns the countdown on stderr. */
export function streamNotice(out: Output): Notice {
  const { stderr } = out
  let isSaid = false
  return {
    show(text) {
      if (stderr.isTTY) stderr.write(`\r\u001b[2K${text}`)
      else if (!isSaid) out.note(text)
      isSaid = true
    },
    clear() {
      if (stderr.isTTY) stderr.write('\r\u001b[2K')
      isSaid = false
    },
  }
}
