import type { HandshakeErrorCode } from '../verify/handshake-error.ts'
import type { CommitRefusal } from '../verify/judge-commit.ts'

/**
 * Why a client drops a commit that the server let through: the table refuses it, it is not even readable, a leaf's
 * account key is not the one the user's client trusts, or the group after it is not what its proposals say.
 */
export type UnlawfulReason = CommitRefusal | HandshakeErrorCode | 'untrusted' | 'other_outcome'

/** Rules were broken. The group as it was is untouched; the way out is the next group number. */
export class UnlawfulCommit extends Error {
  readonly reason: UnlawfulReason

  constructor(reason: UnlawfulReason, options?: ErrorOptions) {
    super(`unlawful commit: ${reason}`, options)
    this.name = 'UnlawfulCommit'
    this.reason = reason
  }
}

/**
 * `wrong_group`, `past_epoch`, `future_epoch`: not the next thing this group can read. `own`: made by this very leaf: an
 * own message is known, an own commit is adopted. `replaced`: this device has joined anew elsewhere, which took its leaf
 * away. `removed`: this device is no longer in the group. `malformed`: no message or commit. `undecryptable`: keys or
 * signatures do not fit.
 */
export type CannotProcessCode =
  | 'wrong_group'
  | 'past_epoch'
  | 'future_epoch'
  | 'own'
  | 'replaced'
  | 'removed'
  | 'malformed'
  | 'undecryptable'

/** The envelope can't be read; the group as it was is untouched. A message is stepped over; after a commit the device rejoins. */
export class CannotProcess extends Error {
  readonly code: CannotProcessCode

  constructor(code: CannotProcessCode, options?: ErrorOptions) {
    super(`cannot process: ${code}`, options)
    this.name = 'CannotProcess'
    this.code = code
  }
}

/**
 * `no_key_package`: the Welcome is for no key package that is still here. `malformed`: undecodable. `unlawful`: the group
 * breaks a rule (roster, credentials, a device twice). `untrusted`: an account key in it is not the trusted one.
 * `invalid`: signatures, hashes or keys do not fit. `other_history`: it does not follow from the last state known to be lawful.
 */
export type CannotJoinCode = 'no_key_package' | 'malformed' | 'unlawful' | 'untrusted' | 'invalid' | 'other_history'

export class CannotJoin extends Error {
  readonly code: CannotJoinCode

  constructor(code: CannotJoinCode, options?: ErrorOptions) {
    super(`cannot join: ${code}`, options)
    this.name = 'CannotJoin'
    this.code = code
  }
}
