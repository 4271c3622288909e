import type { Hint } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { Output } from './output.ts'

/** The number of different troubles that one process tells. */
const maxTold = 100

/**
 * Tells each trouble and each new device once. `out` is called each time, since the output may
 * change.
 */
export function watchTroubles(
  { onHint }: Pick<HomeSession, 'onHint'>,
  out: () => Pick<Output, 'trouble' | 'note' | 'colors'>,
): void {
  const told = new Set<string>()
  onHint((hint: Hint) => {
    if (hint.type !== 'trouble' && hint.type !== 'newDevice') return
    if (told.has(hint.message) || told.size >= maxTold) return
    told.add(hint.message)
    if (hint.type === 'trouble') out().trouble(hint)
    else out().note(out().colors.yellow(hint.message))
  })
}
