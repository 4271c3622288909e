import { CannotJoin } from '@fastchat/crypto'
import type { UserId } from '@fastchat/schema'
import type { LookUp } from '../account/look-up.ts'

/** The group that this device was about to enter holds a wrong key for this user. */
export class UntrustedKey extends CannotJoin {
  readonly userId: UserId | undefined

  constructor(userId: UserId | undefined, cause: unknown) {
    super('untrusted', { cause })
    this.userId = userId
  }
}

/** Returns the error of a join. For an untrusted key it carries the user whose key was refused. */
export const withUntrustedUser = (error: unknown, { refused }: Pick<LookUp, 'refused'>): unknown =>
  error instanceof CannotJoin && error.code === 'untrusted' ? new UntrustedKey(refused, error) : error
