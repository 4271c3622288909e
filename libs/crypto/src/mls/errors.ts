import type { CommitRefusal } from '../verify/commit-rules.ts'
import type { CredentialClaims } from '../verify/credential.ts'
import type { DecodedCommit } from '../verify/handshake.ts'
import type { HandshakeErrorCode } from '../verify/handshake-error.ts'
import type { PublicGroup } from '../verify/public-group.ts'

/**
 * The reason why a client drops a commit that the server accepted. The rules refuse it, or it
 * cannot be read. `untrusted`: a leaf's account key is not the trusted one. `other_outcome`: the
 * group after it does not follow from its proposals.
 */
export type UnlawfulReason = CommitRefusal | HandshakeErrorCode | 'untrusted' | 'other_outcome'

/** A commit broke the rules. This group stays as it was; the conversation continues in the next. */
export class UnlawfulCommit extends Error {
  readonly reason: UnlawfulReason

  constructor(reason: UnlawfulReason, options?: ErrorOptions) {
    super(`unlawful commit: ${reason}`, options)
    this.name = 'UnlawfulCommit'
    this.reason = reason
  }
}

/**
 * Why an envelope cannot be processed.
 *
 * `wrong_group`, `past_epoch`, `future_epoch`: it is for another group or epoch.
 * `own`: this leaf made it. An own message is known already; an own commit is adopted.
 * `replaced`: this device has joined again elsewhere, and that join removed this leaf.
 * `removed`: this device is no longer in the group.
 * `malformed`: it is neither a message nor a commit.
 * `undecryptable`: no key decrypts the message.
 *
 * Of a commit: `bad_signature`, `bad_membership_tag`: no member sent it in this form.
 * `bad_path`: this member cannot decrypt the path secrets of its author, or they give other keys.
 * `bad_confirmation_tag`: the tag is not that of the new epoch.
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

/** A commit that the public group accepts and this member cannot follow, to find out who did it. */
export interface Unfollowed {
  readonly commit: DecodedCommit
  readonly committer: CredentialClaims & { readonly leafIndex: number }
  /** The public group after the commit. */
  readonly group: PublicGroup
}

/**
 * The envelope cannot be processed. The group stays as it was. A client skips a message; after a
 * commit it rejoins.
 */
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
 * Why a device cannot join.
 *
 * `no_key_package`: the key packages of the Welcome are not stored here.
 * `malformed`: it cannot be decoded.
 * `unlawful`: the group breaks a rule (roster, credentials, a device twice).
 * `untrusted`: an account key in it is not the trusted one.
 * `invalid`: signatures, hashes or keys do not fit.
 * `other_history`: it does not follow from the last state that is known as lawful.
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
