/** A pair or a group, in which messages are sent one after the other. */
export type Lane = {
  /** False while the server would reject one more message. */
  readonly maySend: boolean
  /** The number of messages that are not acked, or not yet delivered to all. */
  readonly openCount: number
  readonly sentCount: number
  /** True when all sent messages are acked and delivered. */
  readonly isIdle: boolean
  /** Sends the next message. Its time counts from `fromMs`, by `performance.now()`. */
  send(fromMs: number): void
  /** Turns receipts of the receivers on or off, where the system has them. */
  tellReceipts?(isOn: boolean): void
  /** Reports each message that has not arrived as a fault. */
  checkNothingMissing(): void
}

/** Is called as messages are acked and delivered. */
export type LaneListener = {
  /** The server has said that a message is stored. Some systems never say so. */
  acked(ms: number): void
  /** A message has reached one more of its receivers. */
  delivered(ms: number): void
  /** A message is acked and delivered to all. */
  done(lane: Lane): void
}
