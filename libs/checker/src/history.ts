/**
 * What happened in a run, as its processes saw it: one JSON object per line (JSONL), one file per process, in any order
 * between files. `at` is milliseconds on the clock that all processes of the run share; ids are opaque strings; `hash` is
 * the hex SHA-256 of what the person wrote (of the plaintext where messages are encrypted).
 */
type Stamp = { readonly at: number; readonly proc: string }

/** Which message, in which log. */
type Message = { readonly conv: string; readonly id: string; readonly hash: string }

/** A client hands a message over (`invoke`), and how that ended. Unless it ended, it may or may not have happened. */
export type SendEvent = Stamp & { readonly op: 'send'; readonly device: string } & (
    | (Message & { readonly type: 'invoke' })
    /** Acked by the server: a promise. */
    | { readonly type: 'ok'; readonly conv: string; readonly id: string; readonly seq: number }
    /** Refused for good: it never happened. */
    | { readonly type: 'fail'; readonly conv: string; readonly id: string; readonly code: string }
    /** Unknown, for instance since the client died. */
    | { readonly type: 'info'; readonly conv: string; readonly id: string }
  )

/** `recv`: a message arrived at a device (may be twice). `show`: it is in the device's store for good and on the screen. */
export type ReceiveEvent = Stamp &
  Message & { readonly op: 'recv' | 'show'; readonly device: string; readonly seq: number }

/** A device got entry `seq` and could not open it. */
export type UndecryptableEvent = Stamp & {
  readonly op: 'undecryptable'
  readonly device: string
  readonly conv: string
  readonly seq: number
}

/** A device told its user that the server, or a member, is not honest. */
export type AlarmEvent = Stamp & {
  readonly op: 'alarm'
  readonly device: string
  readonly conv: string
  readonly seq: number
  readonly code: string
}

/** The server told the device that these entries are gone. Both ends are included. */
export type GapEvent = Stamp & {
  readonly op: 'gap'
  readonly device: string
  readonly conv: string
  readonly from: number
  readonly to: number
}

/** The device may receive the entries `from`..`to` of the conversation (both included; `to` left out: all that follow). */
export type ScopeEvent = Stamp & {
  readonly op: 'scope'
  readonly device: string
  readonly conv: string
  readonly from: number
  readonly to?: number
}

/** A device's connection. */
export type ConnectionEvent = Stamp & {
  readonly op: 'conn'
  readonly device: string
  readonly type: 'up' | 'down'
}

/** What was broken and mended on purpose. `end` has the same `fault` id as its `start`. */
export type FaultEvent = Stamp & {
  readonly op: 'fault'
  readonly type: 'start' | 'end'
  readonly fault: string
  readonly kind: string
  readonly target: string
}

/** A measured size against its bound (K11): bytes of memory, open files, queue lengths, … */
export type BoundEvent = Stamp & {
  readonly op: 'bound'
  readonly what: string
  readonly value: number
  readonly max: number
}

export type HistoryEvent =
  | SendEvent
  | ReceiveEvent
  | UndecryptableEvent
  | AlarmEvent
  | GapEvent
  | ScopeEvent
  | ConnectionEvent
  | FaultEvent
  | BoundEvent

/** An entry of the log as the database has it after the run; `hash` only where whoever reads it can know it. */
export type LogRow = {
  readonly conv: string
  readonly seq: number
  readonly device: string
  readonly id: string
  /** Whether people are meant to see it; commits and the like are not. */
  readonly isMessage: boolean
  readonly hash?: string
}

/** A conversation as the database has it after the run. */
export type LogHead = { readonly conv: string; readonly lastSeq: number; readonly floorSeq: number }
