import type { LineEvent } from '../engine/line.ts'

type Event = LineEvent['event']
/** A line that tells a problem has the words of its code. */
type Kind = Exclude<Event['kind'], 'trouble'>

/** The people of a line, in words. */
export type SystemPeople = {
  /** Who did it. "You" for this person. */
  readonly who: string
  /** The people whom it is about. */
  readonly whom: string
  /** The people who were removed by an election. */
  readonly removed: string
  readonly isMine: boolean
  readonly isForMe: boolean
}

/** The words for every change of a chat. A kind without words does not compile. */
export type SystemWords = {
  readonly [K in Kind]: (event: Event & { readonly kind: K }, people: SystemPeople) => string
}
