import { createAccountKey, signName } from '@fastchat/crypto'
import { toBase64Url, type UserId } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'

/**
 * Returns the request with which a plain client signs up. It has no vault, any string as password,
 * and the name signed by a new account key.
 */
export function signUpBody(username: string, password: string, userId: UserId = uuidv7() as UserId) {
  const { accountPrivate, accountKey } = createAccountKey()
  const nameSig = toBase64Url(signName(accountPrivate, { userId, username }))
  return { username, password, userId, accountKey: toBase64Url(accountKey), nameSig }
}
