import type { ErrorCode, MessageId } from '@fastchat/schema'
import type { Bundle } from '../domain/check-bundle.ts'

export type IdentifiedBundle = Bundle & { readonly id: MessageId }

export type EntryOutcome = Stored | Refused
export type Stored = {
  readonly ok: true
  readonly seq: number
  readonly duplicate: boolean
  /** A commit that does no more than it must before anybody may send. */
  readonly isPrune?: true
}
export type Refused = { readonly ok: false; readonly code: ErrorCode; readonly details?: Record<string, unknown> }
