import { authOperations, type DeviceId, type Tokens, toBase64Url } from '@fastchat/schema'
import { fetchState } from '../account-state/fetch-state.ts'
import { SharedState } from '../account-state/shared-state.ts'
import { ClientError, ServerError } from '../errors.ts'
import { createRest } from '../net/rest.ts'
import { Batch, getRecord, type Identity, type SessionRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { bindServer } from './bind-server.ts'
import { createIdentity, type Enrolled, openSession, registerDevice } from './enrol.ts'

/**
 * Makes the store the device of the person who has just shown their password: its own device again when it holds one of
 * theirs, else a new one. The keys are stored before the server hears of them. `ending` is a device of the account that makes room for a new
 * one: it is revoked.
 * @throws {ClientError} `signed_in_already` when the store is another person's, `another_server` when it belongs to another server.
 */
export async function signIn(
  baseUrl: string,
  store: Store,
  enrolled: Enrolled,
  deviceName: string,
  ending?: DeviceId,
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
  // One that logged in before there was an account state learns its key now.
  const stateKey = toBase64Url(enrolled.stateKey)
  const identity = kept ? { ...kept, stateKey } : createIdentity(enrolled, deviceName)
  const pin = { username: identity.username, accountKey: identity.accountKey }
  await store.write(new Batch().put('meta', 'identity', identity).put('pins', identity.userId, pin).writes)
  const tokens = kept
    ? await openOrRegister(rest, enrolled, identity, ending)
    : await registerDevice(rest, enrolled, identity, ending)
  const session: SessionRecord = { refreshToken: tokens.refreshToken }
  const batch = new Batch().put('meta', 'session', session)
  if ((await store.get('meta', SharedState.key)) === undefined)
    SharedState.begin(batch, await fetchState(rest, tokens.accessToken, enrolled))
  await store.write(batch.writes)
  return identity
}

/** A device whose registration was interrupted is in the store and not at the server, or at both. */
async function openOrRegister(
  rest: ReturnType<typeof createRest>,
  enrolled: Enrolled,
  identity: Identity,
  ending: DeviceId | undefined,
): Promise<Tokens> {
  try {
    return await openSession(rest, enrolled, identity)
  } catch (error) {
    if (error instanceof ServerError && error.code === 'not_found')
      return await registerDevice(rest, enrolled, identity, ending)
    throw error
  }
}

/**
 * Ends the session; the device and its keys stay. Works without a server, which then forgets the session by itself.
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
