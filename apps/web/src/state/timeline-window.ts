import type { Line, Timeline } from '../engine/line.ts'

/** The lines that a conversation begins with. */
export const windowLines = 60
/** The most lines in the page. */
export const maxWindowLines = 150

/** Returns a timeline with older lines before it. Newer ones leave when there are too many. */
export function withOlder(present: Timeline, older: Timeline): Timeline {
  const all = [...unknownOf(older, present), ...present.lines]
  const lines = all.slice(0, maxWindowLines)
  return { ...present, lines, hasOlder: older.hasOlder, hasNewer: present.hasNewer || all.length > lines.length }
}

/** Returns a timeline with newer lines behind it. Older ones leave when there are too many. */
export function withNewer(present: Timeline, newer: Timeline): Timeline {
  const all = [...present.lines, ...unknownOf(newer, present)]
  const lines = all.slice(-maxWindowLines)
  return { ...present, lines, hasOlder: present.hasOlder || all.length > lines.length, hasNewer: newer.hasNewer }
}

/** Returns the positions of the first and the last line of a timeline that have one. */
export function spanOf({ lines }: Timeline): { readonly first: number; readonly last: number } | undefined {
  const first = lines.find(({ seq }) => seq !== undefined)?.seq
  const last = lines.findLast(({ seq }) => seq !== undefined)?.seq
  return first === undefined || last === undefined ? undefined : { first, last }
}

/** Returns a timeline with the lines at its end that the engine does not have yet. */
export function withEchoes(timeline: Timeline, echoes: readonly Line[]): Timeline {
  if (timeline.hasNewer || echoes.length === 0) return timeline
  const known = new Set(timeline.lines.map(({ key }) => key))
  return { ...timeline, lines: [...timeline.lines, ...echoes.filter(({ key }) => !known.has(key))] }
}

function unknownOf(more: Timeline, present: Timeline): Line[] {
  const known = new Set(present.lines.map(({ key }) => key))
  return more.lines.filter(({ key }) => !known.has(key))
}
