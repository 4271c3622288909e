import { createRest, readRecoveryKey, resetPassword } from '@fastchat/client'
import type { DeletionInfo } from '../chat/account-verbs.ts'
import { CliError, usageError } from '../cli-error.ts'
import { parseUsername } from '../parse-target.ts'
import { safeName } from '../text/safe-text.ts'
import type { Context } from './context.ts'
import { findDevice } from './devices.ts'

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

/**
 * Ends the sessions of all other devices, or that of one device: `wanted` is its number, id or
 * name.
 */
export async function sessionsEnd(context: Context, wanted?: string): Promise<void> {
  if (wanted !== undefined) return await sessionEnd(context, wanted)
  const { out, session } = context
  const ended = await (await session()).chat.endSessions({ keepThis: true })
  const text = `${ended} other ${ended === 1 ? 'session' : 'sessions'} ended. A device that is lost: fastchat devices revoke`
  out.result({ type: 'sessions_ended', ended }, text)
}

async function sessionEnd({ out, session }: Context, wanted: string): Promise<void> {
  const { chat } = await session()
  const { device, name } = findDevice(await chat.devices(), wanted)
  const ended = Number(await chat.endSession({ device }))
  const done = ended === 1 ? 'is signed out. It signs in again with the password' : 'was signed out already'
  out.result({ type: 'sessions_ended', ended, device, name }, `${safeName(name)} ${done}`)
}

type Deletion = { readonly yesIAm?: string; readonly keepHistory?: boolean }

/** Deletes the account permanently. `yesIAm` is its name, so that nobody does it by mistake. */
export async function accountDelete(context: Context, { yesIAm, keepHistory = false }: Deletion): Promise<void> {
  const { out, session, closeSession, password, signal } = context
  const { chat, onHint } = await session()
  const { username } = await chat.whoami()
  if (yesIAm === undefined || parseUsername(yesIAm) !== username) {
    tellDeletion(context, username, await chat.deletion())
    throw usageError(
      `This deletes the account permanently, and its name is never free again. To do it: --yes-i-am ${username}`,
    )
  }
  const secret = await password('known')
  const stop = onHint((hint) => {
    if (hint.type === 'leaving' && hint.left < hint.groups) tellLeaving(context, hint)
  })
  const cancel = () => void chat.cancelDeletion().catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  const stuck = await chat.deleteAccount({ password: secret, keepHistory }).finally(() => {
    stop()
    signal.removeEventListener('abort', cancel)
  })
  await closeSession()
  const history = keepHistory ? 'The history stays on this device' : 'Nothing of it is left on this device'
  const groups = stuck === 0 ? '' : ` ${stuck} groups could not be left: their admins can remove you.`
  const text = `The account ${username} is deleted.${groups} ${history}`
  out.result({ type: 'account_deleted', username, notLeft: stuck }, text)
}

/** Lists what a deletion ends. */
function tellDeletion({ out }: Context, username: string, { groups, directChats, devices }: DeletionInfo): void {
  const lines = groups.map(({ name, successor }) =>
    successor === null
      ? `  - leaves the group ${name}`
      : `  - leaves the group ${name}: ${successor} takes over your role`,
  )
  const text = [
    `Deleting the account ${username}:`,
    ...lines,
    `  - ends ${directChats} direct ${directChats === 1 ? 'chat' : 'chats'}. The others keep the messages that they have`,
    `  - removes ${devices} ${devices === 1 ? 'device' : 'devices'}, the recovery key, and the backup of your history`,
    '  - removes your files that nobody else can fetch',
  ].join('\n')
  out.result({ type: 'account_deletion', username, groups, directChats, devices }, text)
}

/** Tells how far a deletion is. */
function tellLeaving({ out }: Context, { left, groups }: { readonly left: number; readonly groups: number }): void {
  const text = `Leaving group ${left + 1} of ${groups} …`
  if (out.isJson) out.result({ type: 'account_deletion_progress', left, groups }, text)
  else out.note(text)
}
