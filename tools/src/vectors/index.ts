import type { JsonObject } from '../docs/json.ts'
import { base64url, padding, payload } from './bytes.ts'
import { groupId, roster } from './groups.ts'
import { accountState, attachment, password, vault } from './secrets.ts'
import { credential, leave, name, revocation, sessionProof, vote } from './statements.ts'
import { wholeGroup } from './whole-group.ts'

/**
 * Test vectors of every encoding of FastChat's own, by the name of their file in docs/test-vectors. Made with nothing but
 * Node's crypto (OpenSSL), so that they are a second opinion: the libraries' tests hold FastChat's code against them. To add one,
 * write a function that returns it and name it here.
 */
export const testVectors: Readonly<Record<string, () => JsonObject>> = {
  'account-state': accountState,
  attachment,
  base64url,
  credential,
  'group-id': groupId,
  leave,
  name,
  padding,
  password,
  payload,
  revocation,
  roster,
  'session-proof': sessionProof,
  vault,
  vote,
}

/**
 * Test vectors that are random, so that they can't be made again: a file is written when it is not there. Made by FastChat's own
 * libraries; the second opinion on MLS itself are the official vectors. To have another one, delete the file.
 */
export const testVectorsMadeOnce: Readonly<Record<string, () => Promise<JsonObject>>> = { 'whole-group': wholeGroup }
