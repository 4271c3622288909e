import type { Timeline } from '../engine/line.ts'

/** The lines that a conversation begins with. */
export const windowLines = 60
/** The most lines in the page. */
const maxWindowLines = 150

/** Returns a timeline with older lines before it. Newer ones leave when there are too many. */
export function withOlder(present: Timeline, older: Timeline): Timeline {
  const known = new Set(present.lines.map(({ key }) => key))
  const all = [...older.lines.filter(({ key }) => !known.has(key)), ...present.lines]
  const lines = all.slice(0, maxWindowLines)
  return { ...present, lines, hasOlder: older.hasOlder, hasNewer: present.hasNewer || all.length > lines.length }
}
