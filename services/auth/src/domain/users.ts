import type { UserId } from '@fastchat/schema'

/** The public facts of a user. */
export type User = {
  readonly userId: UserId
  readonly username: string
  readonly accountKey: Uint8Array
  /** The account key's signature of the name. Accounts from before signed names have none yet. */
  readonly nameSig?: Uint8Array | undefined
  readonly isDeleted?: boolean | undefined
}

export type UserPage = { readonly users: readonly User[]; readonly next?: string }

export type Users = {
  /** Returns names that begin with `prefix` and come after `after`, in byte order. */
  search(prefix: string, after: string | undefined, limit: number): Promise<UserPage>
  /** Returns the known users among these ids. */
  byIds(ids: readonly UserId[]): Promise<readonly User[]>
  byName(username: string): Promise<User | undefined>
  byId(id: UserId): Promise<User | undefined>
}
