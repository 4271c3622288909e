import type { UserId } from '@fastchat/schema'

/** What everybody may know of a user. */
export type User = {
  readonly userId: UserId
  readonly username: string
  readonly accountKey: Uint8Array
  /** The account key's statement of the name; an account from before names were signed has none yet. */
  readonly nameSig?: Uint8Array | undefined
  readonly isDeleted?: boolean | undefined
}

export type UserPage = { readonly users: readonly User[]; readonly next?: string }

export type Users = {
  /** Names that begin with `prefix`, in the order of their bytes, after `after`. */
  search(prefix: string, after: string | undefined, limit: number): Promise<UserPage>
  /** Unknown ids are left out. */
  byIds(ids: readonly UserId[]): Promise<readonly User[]>
  byName(username: string): Promise<User | undefined>
  byId(id: UserId): Promise<User | undefined>
}
