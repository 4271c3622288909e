import { CannotJoin } from '@fastchat/crypto'
import type { UserId } from '@fastchat/schema'
import type { LookUp } from '../account/look-up.ts'

/** The group that was to be entered holds a key for this user that is not theirs. */
export class UntrustedKey extends CannotJoin {
  readonly userId: UserId | undefined

  constructor(userId: UserId | undefined, cause: unknown) {
    super('untrusted', { cause })
    this.userId = userId
  }
}

/** What a join has thrown, with the user whose key was refused when it was for that. */
export const withUntrustedUser = (error: unknown, { refused }: Pick<LookUp, 'refused'>): unknown =>
  error instanceof CannotJoin && error.code === 'untrusted' ? new UntrustedKey(refused, error) : error
