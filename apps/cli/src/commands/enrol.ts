import { hostname } from 'node:os'
import { createRest, type Enrolled, logIn, signIn, signUp } from '@fastchat/client'
import { openHome } from '@fastchat/client/node'
import { shownLabel } from '@fastchat/schema'
import { tryLock } from '../chat/hold-home.ts'
import { CliError } from '../cli-error.ts'
import { parseUsername } from '../parse-target.ts'
import type { Context } from './context.ts'
import { synced } from './sync.ts'

/** What an account is entered with. */
export type Account = {
  /** `new`: to be made. */
  readonly account: 'new' | 'known'
  readonly username: string
  readonly password: string
  /** The code, where the server takes new accounts by invitation. */
  readonly invite?: string
}

export async function signup(context: Context, name: string, { invite }: { invite?: string } = {}): Promise<void> {
  await enrolByName(context, name, 'new', invite)
}

export async function login(context: Context, name: string): Promise<void> {
  await enrolByName(context, name, 'known')
}

/** The name and the home are checked before a password is asked for. */
async function enrolByName(
  context: Context,
  name: string,
  account: Account['account'],
  invite?: string,
): Promise<void> {
  const username = parseUsername(name)
  checkHome(context, account)
  const password = await context.password(account)
  await enrol(context, { account, username, password, ...(invite !== undefined && { invite }) })
}

/** @throws {CliError} `signed_in_already` when a new account would need another home; {ClientError} `another_server` */
export function checkHome({ env }: Pick<Context, 'env'>, account: Account['account']): void {
  const home = openHome(env.home)
  if (account === 'new' && home.isUsed()) {
    const message = 'This home holds a device already: log in, or set FASTCHAT_HOME to another folder'
    throw new CliError('signed_in_already', message)
  }
  home.expectServer(env.url)
}

/** Makes this home a device of the account and leaves it signed in, with its key packages at the server. */
export async function enrol(context: Context, { account, username, password, invite }: Account): Promise<void> {
  const { env } = context
  const home = openHome(env.home)
  await context.closeSession()
  const letGo = tryLock(home)
  if (!letGo) throw new CliError('store_locked', 'Another fastchat is using this home: end it first')
  try {
    checkHome(context, account)
    const rest = createRest(env.url)
    const enrolled = await (account === 'new'
      ? signUp(rest, username, password, invite)
      : logIn(rest, username, password))
    await settleIn(env.url, home, enrolled)
  } finally {
    letGo()
  }
  await welcome(context, username)
}

async function settleIn(url: string, home: ReturnType<typeof openHome>, enrolled: Enrolled): Promise<void> {
  const wasOpen = home.isOpen()
  const store = home.unlock(enrolled.vaultKey)
  let isDone = false
  try {
    await signIn(url, store, enrolled, shownLabel(`CLI on ${hostname()}`) ?? 'CLI')
    home.bindTo(url)
    isDone = true
  } finally {
    await store.close()
    // A device that was revoked meanwhile can't log in again: its history stays as open as it was.
    if (!isDone && !wasOpen) home.seal()
  }
}

/** What waits, at once. Without a pod the account is there all the same. */
async function welcome(context: Context, username: string): Promise<void> {
  const { out, env } = context
  const result = { type: 'signed_in', username, url: env.url }
  try {
    const chat = await synced(context)
    const { device } = await chat.whoami()
    const unread = (await chat.chats()).filter((one) => one.unread > 0)
    const count = unread.reduce((sum, one) => sum + one.unread, 0)
    const news = count === 0 ? '' : ` ${count} unread in ${unread.length} chats: fastchat tail`
    out.result({ ...result, device, unread: count }, `Signed in as ${username}.${news}`)
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'no_services_available') throw error
    out.result(result, `Signed in as ${username}.`)
    out.note(error.message)
  }
}
