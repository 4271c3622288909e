import type { WallMs } from '@fastchat/clock'
import type { JsonObject } from '../docs/json.ts'
import { backup } from './backup.ts'
import { base64url, padding, payload } from './bytes.ts'
import { deviceLabel } from './device-label.ts'
import { groupId, roster } from './groups.ts'
import { handover } from './handover.ts'
import { ownRecord } from './own-records.ts'
import { recovery } from './recovery.ts'
import { accountState, attachment, password, vault } from './secrets.ts'
import { signal } from './signals.ts'
import { credential, leave, name, passwordNote, revocation, sessionProof, vote } from './statements.ts'
import { wholeGroup } from './whole-group.ts'

/**
 * The test vectors of FastChat's encodings, by the name of their file in docs/test-vectors. They
 * use only Node's crypto (OpenSSL), so they are a second implementation that the libraries' tests
 * compare with. To add one, write a function that returns it and name it here.
 */
export const testVectors: Readonly<Record<string, () => JsonObject>> = {
  'account-state': accountState,
  attachment,
  backup,
  base64url,
  credential,
  'device-label': deviceLabel,
  'group-id': groupId,
  handover,
  leave,
  name,
  'own-record': ownRecord,
  padding,
  password,
  'password-note': passwordNote,
  payload,
  recovery,
  revocation,
  roster,
  'session-proof': sessionProof,
  signal,
  vault,
  vote,
}

/**
 * Test vectors with random parts, which can't be made again. A file is written only when it is
 * missing; delete it to make another. FastChat's libraries make them. For MLS itself the official
 * vectors are the second implementation.
 */
export const testVectorsMadeOnce: Readonly<Record<string, (madeAt: WallMs) => Promise<JsonObject>>> = {
  'whole-group': wholeGroup,
}
