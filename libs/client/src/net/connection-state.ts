import type { WallMs } from '@fastchat/clock'
import { Unreachable } from '../errors.ts'

/**
 * The state of the connection:
 *
 * - `off`: not started, or stopped on purpose
 * - `unavailable`: no pod can be reached; `retryAt` is the time of the next try
 * - `ended`: there are no more tries; `error` gives the reason (signed out, replaced by a newer
 *   connection)
 */
export type ConnectionState =
  | { readonly state: 'off' }
  | { readonly state: 'connecting' }
  | { readonly state: 'online'; readonly pod: string }
  | { readonly state: 'unavailable'; readonly retryAt: WallMs; readonly error: Error }
  | { readonly state: 'ended'; readonly error: Error }

/** The link ended. `afterMs` is the pause that the server asked for. */
export class Closed extends Unreachable {
  readonly afterMs: number

  constructor(message: string, afterMs: number) {
    super(message)
    this.afterMs = afterMs
  }
}
