import type { Hint } from '../chat/chat.ts'
import type { Session } from '../chat/session.ts'
import type { Output } from './output.ts'

/** Different troubles that one process tells of. */
const maxTold = 100

/** Tells of each trouble once. `out` is asked each time, since it may change. */
export function watchTroubles({ onHint }: Pick<Session, 'onHint'>, out: () => Pick<Output, 'trouble'>): void {
  const told = new Set<string>()
  onHint((hint: Hint) => {
    if (hint.type !== 'trouble' || told.has(hint.message) || told.size >= maxTold) return
    told.add(hint.message)
    out().trouble(hint)
  })
}
