import { AccountStateError, maxStateBytes, openAccountState, sealAccountState } from '@fastchat/crypto'
import { type AccountStateContents, fromBase64Url, limits, toBase64Url, type UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { decodeContents, encodeContents } from './contents.ts'

export type Sealer = { readonly stateKey: Uint8Array; readonly userId: UserId }

const maxBytes = maxStateBytes(limits.maxAccountStateBytes)

/** Returns the sealed contents as base64url, or undefined when they are too large to be stored. */
export async function sealContents(
  sealer: Sealer,
  version: number,
  contents: AccountStateContents,
): Promise<string | undefined> {
  const bytes = encodeContents(contents)
  return bytes.length > maxBytes ? undefined : toBase64Url(await sealAccountState({ ...sealer, version }, bytes))
}

/**
 * Opens a sealed account state.
 *
 * @throws {ClientError} `wrong_state` when no device of this account sealed it as this version
 */
export async function openContents(sealer: Sealer, version: number, body: string): Promise<AccountStateContents> {
  try {
    return decodeContents(await openAccountState({ ...sealer, version }, fromBase64Url(body)))
  } catch (cause) {
    if (cause instanceof AccountStateError || cause instanceof RangeError)
      throw new ClientError('wrong_state', undefined, { cause })
    throw cause
  }
}
