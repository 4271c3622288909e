import type { CommitRefusal } from '../verify/commit-rules.ts'
import type { CredentialClaims } from '../verify/credential.ts'
import type { DecodedCommit } from '../verify/handshake.ts'
import type { HandshakeErrorCode } from '../verify/handshake-error.ts'
import type { PublicGroup } from '../verify/public-group.ts'

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
 * away. `removed`: this device is no longer in the group. `malformed`: no message or commit. `undecryptable`: the keys of a message
 * do not fit.
 *
 * Of a commit: `bad_signature` and `bad_membership_tag`: it is not as a member sent it. `bad_path`: its author has signed path secrets
 * that this member cannot open, or that do not give the keys. `bad_confirmation_tag`: the tag is not that of the new epoch.
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
  | 'bad_signature'
  | 'bad_membership_tag'
  | 'bad_path'
  | 'bad_confirmation_tag'

/** A commit that the public group takes, and that this member cannot follow: what it takes to find out who has done it. */
export interface Unfollowed {
  readonly commit: DecodedCommit
  readonly committer: CredentialClaims & { readonly leafIndex: number }
  /** The public group after it. */
  readonly group: PublicGroup
}

/** The envelope can't be read; the group as it was is untouched. A message is stepped over; after a commit the device rejoins. */
export class CannotProcess extends Error {
  readonly code: CannotProcessCode
  /** Set with `bad_path` and `bad_confirmation_tag`. */
  readonly unfollowed: Unfollowed | undefined

  constructor(code: CannotProcessCode, options?: ErrorOptions & { readonly unfollowed?: Unfollowed }) {
    super(`cannot process: ${code}`, options)
    this.name = 'CannotProcess'
    this.code = code
    this.unfollowed = options?.unfollowed
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
