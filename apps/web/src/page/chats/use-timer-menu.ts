import type { ChatRow } from '../../engine/engine-state.ts'
import { type MenuItem, type PopupRequest, usePopup } from '../menu/menu-context.ts'
import { usePage } from '../page-context.ts'

const daySeconds = 24 * 3600
/** The times that a person can choose, in seconds: from 30 seconds to a year. */
const choices = [0, 30, 300, 3600, 8 * 3600, daySeconds, 7 * daySeconds, 4 * 7 * daySeconds, 365 * daySeconds]

/** Returns how to show the times after which new messages of a chat can disappear. */
export function useTimerMenu(): (chat: ChatRow, at: PopupRequest['at']) => void {
  const { actions, words } = usePage()
  const popup = usePopup()
  return ({ id, timerSeconds = 0 }, at) => {
    const { timer, timerOff, timerFor } = words.talk
    // Another client may have set a time that is not among them.
    const all = choices.includes(timerSeconds) ? choices : [...choices, timerSeconds].toSorted((a, b) => a - b)
    const items = all.map((seconds): MenuItem => {
      return {
        label: seconds === 0 ? timerOff : timerFor(seconds),
        isChecked: seconds === timerSeconds,
        run: () => void actions.pins.setTimer(id, seconds),
      }
    })
    popup({ at, label: timer, items })
  }
}
