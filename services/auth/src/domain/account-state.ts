import type { DeviceId, UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'

/** What the devices of an account share, sealed by them. */
export type AccountState = {
  /** 0: none has been stored. */
  readonly version: number
  /** Absent when the caller has this version. */
  readonly body: Uint8Array | undefined
}

type Owner = { readonly userId: UserId; readonly deviceId: DeviceId }

export type AccountStateStore = {
  /** Undefined: there is no such device, or its account is gone. */
  read(owner: Owner, after: number): Promise<AccountState | undefined>
  /** Stores it in place of the version before, if that is the stored one: of two calls with one version, one is stale. */
  replace(owner: Owner, version: number, body: Uint8Array): Promise<'stored' | 'stale' | 'no_owner'>
}

export type AccountStates = {
  /** The stored version, with its body if it is above `after`. @throws AppError `unauthorized` */
  get(owner: Owner, after: number): Promise<AccountState>
  /** @throws AppError `stale_version` unless `version` is the stored one plus 1; `unauthorized` */
  put(owner: Owner, version: number, body: Uint8Array): Promise<void>
}

/** A token outlives its device and its account by some minutes: neither may use it here. */
export function createAccountStates({ store }: { readonly store: AccountStateStore }): AccountStates {
  return {
    async get(owner, after) {
      const state = await store.read(owner, after)
      if (state === undefined) throw new AppError('unauthorized')
      return state
    },
    async put(owner, version, body) {
      const outcome = await store.replace(owner, version, body)
      if (outcome === 'no_owner') throw new AppError('unauthorized')
      if (outcome === 'stale') throw new AppError('stale_version')
    },
  }
}
