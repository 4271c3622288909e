/**
 * The events of a run, as its processes saw them. A file has one JSON object per line (JSONL). Each
 * process has a file, in any order between files. `at` is in milliseconds on a clock that all
 * processes share. Ids are opaque strings. `hash` is the hex SHA-256 of the text that a person
 * wrote (of the plaintext, where messages are encrypted).
 */
type Stamp = { readonly at: number; readonly proc: string }

/** Identifies a message and the conversation that it belongs to. */
type Message = { readonly conv: string; readonly id: string; readonly hash: string }

/** A client sends a message (`invoke`), and its outcome. Without an outcome it may be stored. */
export type SendEvent = Stamp & { readonly op: 'send'; readonly device: string } & (
    | (Message & { readonly type: 'invoke' })
    /** The server has acknowledged the message: a promise to keep it. */
    | { readonly type: 'ok'; readonly conv: string; readonly id: string; readonly seq: number }
    /** The server has rejected the message: it must not be stored. */
    | { readonly type: 'fail'; readonly conv: string; readonly id: string; readonly code: string }
    /** The outcome is unknown, for instance because the client died. */
    | { readonly type: 'info'; readonly conv: string; readonly id: string }
  )

/** `recv`: a device received a message, perhaps again. `show`: it has stored and shown it. */
export type ReceiveEvent = Stamp &
  Message & { readonly op: 'recv' | 'show'; readonly device: string; readonly seq: number }

/** A device received entry `seq` and could not decrypt it. */
export type UndecryptableEvent = Stamp & {
  readonly op: 'undecryptable'
  readonly device: string
  readonly conv: string
  readonly seq: number
}

/** A device told its user that the server or a member is not honest. */
export type AlarmEvent = Stamp & {
  readonly op: 'alarm'
  readonly device: string
  readonly conv: string
  readonly seq: number
  readonly code: string
}

/** The server told a device that it no longer has these entries, both ends included. */
export type GapEvent = Stamp & {
  readonly op: 'gap'
  readonly device: string
  readonly conv: string
  readonly from: number
  readonly to: number
}

/** A device may receive the entries `from` to `to`, both included. Without `to` there is no end. */
export type ScopeEvent = Stamp & {
  readonly op: 'scope'
  readonly device: string
  readonly conv: string
  readonly from: number
  readonly to?: number
}

/** A device connected or disconnected. */
export type ConnectionEvent = Stamp & {
  readonly op: 'conn'
  readonly device: string
  readonly type: 'up' | 'down'
}

/** A fault began or ended on purpose. `end` has the `fault` id of its `start`. */
export type FaultEvent = Stamp & {
  readonly op: 'fault'
  readonly type: 'start' | 'end'
  readonly fault: string
  readonly kind: string
  readonly target: string
}

/** A measured size and its limit (K11): bytes of memory, open files, queue lengths and so on. */
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

/** An entry of the log after the run. `hash` is there only if the reader can know it. */
export type LogRow = {
  readonly conv: string
  readonly seq: number
  readonly device: string
  readonly id: string
  /** Whether the entry is for people. Commits and other handshakes are not. */
  readonly isMessage: boolean
  readonly hash?: string
}

/** The bounds of a conversation's log in the database after the run. */
export type LogHead = { readonly conv: string; readonly lastSeq: number; readonly floorSeq: number }
