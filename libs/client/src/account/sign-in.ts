import { authOperations, type DeviceId, type DeviceKind, type Tokens, toBase64Url } from '@fastchat/schema'
import { fetchState } from '../account-state/fetch-state.ts'
import { SharedState } from '../account-state/shared-state.ts'
import { beginBackup } from '../backup/begin-backup.ts'
import { ClientError, ServerError } from '../errors.ts'
import { wantHandover } from '../handover/handover-record.ts'
import type { Api } from '../net/api.ts'
import { createRest, type Input } from '../net/rest.ts'
import { Batch, getRecord, type Identity, type SessionRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { bindServer } from './bind-server.ts'
import type { Enrolled } from './enrol.ts'
import { createIdentity, openSession, registerDevice } from './register-device.ts'

/**
 * Makes the store the device of the person who has just proven their password. A store with a
 * device of theirs stays that device; otherwise it becomes a new one. The keys are stored before
 * the server gets the public ones. `ending` is a device of the account that the server revokes to
 * make room. `kind` is what the device says it is.
 *
 * @throws {ClientError} `signed_in_already` when the store is another person's, `another_server`
 *   when it belongs to another server
 */
export async function signIn(
  baseUrl: string,
  store: Store,
  enrolled: Enrolled,
  deviceName: string,
  ending?: DeviceId,
  kind?: DeviceKind,
): Promise<Identity> {
  await bindServer(store, baseUrl)
  const rest = createRest(baseUrl)
  const { user } = enrolled.enrolment
  const kept = await getRecord<Identity>(store, 'meta', 'identity')
  if (kept && kept.userId !== user.userId) {
    throw new ClientError(
      'signed_in_already',
      `This is the device of ${kept.username}; use another home for ${user.username}`,
    )
  }
  // A device that logged in before accounts had a state gets the state key now.
  const stateKey = toBase64Url(enrolled.stateKey)
  const identity = kept ? { ...kept, stateKey } : createIdentity(enrolled, deviceName, kind)
  const pin = { username: identity.username, accountKey: identity.accountKey }
  const made = new Batch().put('meta', 'identity', identity).put('pins', identity.userId, pin)
  await store.write((kept ? made : wantHandover(made)).writes)
  const tokens = kept
    ? await openOrRegister(rest, enrolled, identity, ending)
    : await registerDevice(rest, enrolled, identity, ending)
  const session: SessionRecord = { refreshToken: tokens.refreshToken }
  const batch = new Batch().put('meta', 'session', session)
  if ((await store.get('meta', SharedState.key)) === undefined)
    SharedState.begin(batch, await fetchState(rest, tokens.accessToken, enrolled))
  await store.write(batch.writes)
  const call: Api['call'] = (operation, input) =>
    // The cast holds because the token that the type of `input` lacks is added here.
    rest.call(operation, { ...input, token: tokens.accessToken } as Input<typeof operation>)
  await beginBackup(store, { api: { call }, ...identity, accountPrivate: enrolled.accountPrivate }, ending)
  return identity
}

/**
 * Opens a session, or registers the device. After an interrupted registration the device is in the
 * store, and the server may know it or not.
 *
 * @throws {ClientError} `signed_in_already` when another device is to end, but this one exists
 */
async function openOrRegister(
  rest: ReturnType<typeof createRest>,
  enrolled: Enrolled,
  identity: Identity,
  ending: DeviceId | undefined,
): Promise<Tokens> {
  try {
    const tokens = await openSession(rest, enrolled, identity)
    if (ending === undefined) return tokens
    throw new ClientError(
      'signed_in_already',
      `This home is a device of ${identity.username} already, so no other one has to make room. Log in without ending one`,
    )
  } catch (error) {
    if (error instanceof ServerError && error.code === 'not_found')
      return await registerDevice(rest, enrolled, identity, ending)
    throw error
  }
}

/**
 * Ends the session; the device and its keys stay. It also works offline: then the server ends the
 * session by its expiry.
 *
 * @throws {ClientError} `another_server`
 */
export async function signOut(baseUrl: string, store: Store): Promise<void> {
  await bindServer(store, baseUrl)
  const session = await getRecord<SessionRecord>(store, 'meta', 'session')
  if (!session) return
  await store.write(new Batch().remove('meta', 'session').writes)
  const body = { refreshToken: session.refreshToken }
  await createRest(baseUrl)
    .call(authOperations.logout, { body })
    .catch(() => {})
}
