import { createRest, readRecoveryKey, resetPassword } from '@fastchat/client'
import { CliError, usageError } from '../cli-error.ts'
import { parseUsername } from '../parse-target.ts'
import { safeName } from '../text/safe-text.ts'
import type { Context } from './context.ts'

/** Changes the password; the other devices stay signed in, unless `endOthers` is set. */
export async function passwd(context: Context, { endOthers = false }: { endOthers?: boolean } = {}): Promise<void> {
  const { out, session, password } = context
  const { chat } = await session()
  const former = await password('known')
  await chat.changePassword({ former, password: await password('next'), endOthers })
  const others = endOthers ? 'All other devices are signed out' : 'Your other devices stay signed in'
  out.result({ type: 'password_changed', endOthers }, `The password is changed. ${others}`)
}

/** Says whether the account has a recovery key. */
export async function recoveryStatus({ out, session }: Context): Promise<void> {
  const since = await (await session()).chat.recoverySince()
  const text =
    since === null
      ? 'This account has no recovery key: fastchat recovery new makes one'
      : `This account has a recovery key since ${since.slice(0, 10)}. fastchat recovery check says whether yours is right`
  out.result({ type: 'recovery', since }, text)
}

/** Says whether a recovery key is right. @throws {CliError} `recovery_wrong` if it is not */
export async function recoveryCheck({ out, session, password }: Context): Promise<void> {
  const { chat } = await session()
  const key = await password('recovery')
  readRecoveryKey(key)
  if (!(await chat.checkRecovery({ key })))
    throw new CliError(
      'recovery_wrong',
      'This is not the recovery key of this account: fastchat recovery new makes one',
    )
  out.result({ type: 'recovery_right' }, 'This recovery key is the right one. Keep it where you will find it')
}

/** Makes a new recovery key and shows it. */
export async function recoveryNew({ out, session, password }: Context): Promise<void> {
  const { chat } = await session()
  const recoveryKey = await chat.newRecovery({ password: await password('known') })
  if (!out.isJson) out.note(recoveryWords(recoveryKey))
  out.result({ type: 'recovery_key', recoveryKey }, 'A former recovery key opens nothing any more')
}

/** Sets a new password with the recovery key. It needs no signed-in device. */
export async function recoveryReset(
  { out, env, password }: Context,
  name: string,
  { endOthers = false }: { endOthers?: boolean } = {},
): Promise<void> {
  const username = parseUsername(name)
  const recoveryKey = await password('recovery')
  readRecoveryKey(recoveryKey)
  const next = await password('next')
  await resetPassword(createRest(env.url), { username, recoveryKey, password: next, endOthers })
  const others = endOthers ? 'All devices are signed out' : 'Devices that are signed in stay so'
  const text = `The password of ${username} is changed. ${others}. To sign in: fastchat login ${username}`
  out.result({ type: 'password_reset', username, endOthers }, text)
}

/** Returns the words that show a recovery key. */
export const recoveryWords = (recoveryKey: string): string =>
  `Your recovery key: ${recoveryKey}
It opens your account if you lose the password. Nobody else has it, and it is shown only now.
Write it on paper, or put it into a password manager. Anybody who has it can take over the account.`

/** Lists the sessions of the account. */
export async function sessions({ out, session }: Context): Promise<void> {
  for (const { device, name, usedAt, expiresAt, current } of await (await session()).chat.sessions()) {
    const mark = current ? out.colors.dim(' (this device)') : ''
    const text = `${device} ${safeName(name)}, last used ${usedAt.slice(0, 16).replace('T', ' ')}${mark}`
    out.result({ type: 'session', device, name, usedAt, expiresAt, this: current }, text)
  }
}

/** Ends the sessions of all other devices. */
export async function sessionsEnd({ out, session }: Context): Promise<void> {
  const ended = await (await session()).chat.endSessions({ keepThis: true })
  const text = `${ended} other ${ended === 1 ? 'session' : 'sessions'} ended. A device that is lost: fastchat devices revoke`
  out.result({ type: 'sessions_ended', ended }, text)
}

type Deletion = { readonly yesIAm?: string; readonly keepHistory?: boolean }

/** Deletes the account permanently. `yesIAm` is its name, so that nobody does it by mistake. */
export async function accountDelete(context: Context, { yesIAm, keepHistory = false }: Deletion): Promise<void> {
  const { out, session, closeSession, password } = context
  const { chat } = await session()
  const { username } = await chat.whoami()
  if (yesIAm === undefined || parseUsername(yesIAm) !== username)
    throw usageError(
      `This deletes the account permanently, and its name is never free again. To do it: --yes-i-am ${username}`,
    )
  const stuck = await chat.deleteAccount({ password: await password('known'), keepHistory })
  await closeSession()
  const history = keepHistory ? 'The history stays on this device' : 'Nothing of it is left on this device'
  const groups = stuck === 0 ? '' : ` ${stuck} groups could not be left: their admins can remove you.`
  const text = `The account ${username} is deleted.${groups} ${history}`
  out.result({ type: 'account_deleted', username, notLeft: stuck }, text)
}
