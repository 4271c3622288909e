import type { ErrorCode, MessageId } from '@fastchat/schema'
import type { Bundle } from '../domain/check-bundle.ts'

export type IdentifiedBundle = Bundle & { readonly id: MessageId }

export type EntryOutcome = Stored | Refused
export type Stored = {
  readonly ok: true
  readonly seq: number
  readonly duplicate: boolean
  /**
   * Set for a commit that only removes the members and devices that must be removed before anybody
   * may send.
   */
  readonly isPrune?: true
}
export type Refused = { readonly ok: false; readonly code: ErrorCode; readonly details?: Record<string, unknown> }
