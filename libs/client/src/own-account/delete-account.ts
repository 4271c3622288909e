import { authOperations, type ConversationId } from '@fastchat/schema'
import { logIn } from '../account/enrol.ts'
import type { PasswordWork } from '../account/password-work.ts'
import { ClientError, ServerError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import type { Rest } from '../net/rest.ts'
import { Batch, getRecord, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { repeatOnce } from './repeat-once.ts'

/** Says that the server was asked to delete the account. It is written before the request. */
type AskedRecord = { readonly isAsked: true }
const askedKey = 'deletion'

type Port = {
  readonly rest: Rest
  readonly api: Pick<Api, 'call'>
  readonly store: Store
  readonly work: Pick<PasswordWork, 'derive'>
  /** Leaves the groups, and returns those that could not be left. */
  leave(): Promise<ConversationId[]>
}

/**
 * Deletes the account at the server, after this device has left its groups. The password is checked
 * first. An interrupted deletion is finished by the same call.
 *
 * @throws {ServerError} `wrong_credentials`
 * @throws {ClientError} `wrong_account`, `wrong_vault`, `change_uncertain`
 */
export async function deleteAccount(
  { rest, api, store, work, leave }: Port,
  { userId, username, accountKey }: Identity,
  password: string,
): Promise<ConversationId[]> {
  const open = async () => {
    const { enrolment } = await logIn(rest, username, password, work)
    const { user, enrolToken } = enrolment
    if (user.userId !== userId || user.accountKey !== accountKey) throw new ClientError('wrong_account')
    return enrolToken
  }
  try {
    await open()
    const stuck = await leave()
    // The groups may have taken longer than the first token is valid.
    const token = await open()
    const asked: AskedRecord = { isAsked: true }
    await store.write(new Batch().put('meta', askedKey, asked).writes)
    await repeatOnce(() => rest.call(authOperations.deleteAccount, { token, body: { username } }))
    return stuck
  } catch (error) {
    if (await isGone(error, { api, store })) return []
    throw error
  }
}

/**
 * Returns whether an earlier call has deleted the account and its answer was lost: then the server
 * knows neither the password nor the session.
 */
async function isGone(error: unknown, { api, store }: Pick<Port, 'api' | 'store'>): Promise<boolean> {
  if (!(error instanceof ServerError) || error.code !== 'wrong_credentials') return false
  if ((await getRecord<AskedRecord>(store, 'meta', askedKey)) === undefined) return false
  return await api.call(authOperations.listSessions, {}).then(
    () => false,
    (reason: unknown) => reason instanceof ClientError && reason.code === 'session_ended',
  )
}
