import { openHome } from '@fastchat/client/node'
import { notSignedIn } from '../chat/not-signed-in.ts'
import type { Context } from './context.ts'
import { hereWords, mustAllowPresence, presenceObject } from './signals.ts'
import { synced } from './sync.ts'

/**
 * Ends the session, or with `all` the sessions of all devices. The device and its keys stay, sealed
 * under the password.
 */
export async function logout(
  { env, out, session, closeSession }: Context,
  { all = false }: { all?: boolean } = {},
): Promise<void> {
  if (!openHome(env.home).isOpen()) throw notSignedIn(env.home)
  const { chat } = await session()
  const { username } = await chat.whoami()
  const ended = all ? await chat.endSessions({ keepThis: false }) : undefined
  await chat.signOut()
  await closeSession()
  out.result(
    { type: 'signed_out', username, ...(ended !== undefined && { ended }) },
    `Signed out${all ? ' everywhere' : ''}. This device stays ${username}'s: fastchat login ${username}`,
  )
}

export async function whoami({ env, out, session }: Context): Promise<void> {
  const { userId, username, device, deviceName } = await (await session()).chat.whoami()
  const object = { type: 'me', username, userId, device, deviceName, url: env.url }
  out.result(object, `${username} (${deviceName}) at ${env.url}`)
}

export async function users(context: Context, query = '', { here = false } = {}): Promise<void> {
  const { out, clock } = context
  const chat = here ? await synced(context) : (await context.session()).chat
  if (here) await mustAllowPresence(chat)
  const people = new Map((await chat.here({ ask: here })).map((one) => [one.username, one]))
  const me = await chat.whoami()
  for (const { userId, username } of await chat.users({ query: query.replace(/^@/, '') })) {
    const mark = userId === me.userId ? out.colors.dim(' (you)') : ''
    const known = people.get(username)
    const words = known ? ` · ${hereWords(known, new Date(clock.wallMs()))}` : ''
    out.result({ type: 'user', username, userId, ...(known && presenceObject(known)) }, `${username}${mark}${words}`)
  }
}
