import type { DeviceId, UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'

/** A state that the devices of an account share. They seal it, so the server cannot read it. */
export type AccountState = {
  /** The version; 0 if none has been stored. */
  readonly version: number
  /** Absent if the caller has this version already. */
  readonly body: Uint8Array | undefined
}

type Owner = { readonly userId: UserId; readonly deviceId: DeviceId }

export type AccountStateStore = {
  /** Returns undefined if there is no such device, or its account was deleted. */
  read(owner: Owner, after: number): Promise<AccountState | undefined>
  /**
   * Stores the state if `version` follows the stored one. Of two calls with one version, one gets
   * `stale`.
   */
  replace(owner: Owner, version: number, body: Uint8Array): Promise<'stored' | 'stale' | 'no_owner'>
}

export type AccountStates = {
  /**
   * Returns the stored version, with its body if it is above `after`. @throws AppError
   * `unauthorized`
   */
  get(owner: Owner, after: number): Promise<AccountState>
  /**
   * Stores the state as `version`. @throws AppError `stale_version` unless `version` is the stored
   * one plus 1; `unauthorized`
   */
  put(owner: Owner, version: number, body: Uint8Array): Promise<void>
}

/**
 * Reads and replaces account states. An access token outlives its device and its account by some
 * minutes, so each call checks both.
 */
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
