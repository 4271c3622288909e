/** A place where messages are sent, one after the other: a pair or a group. */
export type Lane = {
  /** False while the server would refuse one more. */
  readonly maySend: boolean
  /** Messages that have not come everywhere, or were not acked. */
  readonly openCount: number
  readonly sentCount: number
  /** All that was sent has come and was acked. */
  readonly isIdle: boolean
  /** `fromMs`: when its time begins to count, by `performance.now()`. */
  send(fromMs: number): void
  /** Makes what has not come a fault. */
  checkNothingMissing(): void
}

/** Who is told how the messages fare. */
export type LaneListener = {
  /** Stored, says the server. Not every system says so. */
  acked(ms: number): void
  /** Came to one more of those that it is for. */
  delivered(ms: number): void
  /** One message is acked and delivered to all. */
  done(lane: Lane): void
}
