import { hostname } from 'node:os'
import { createRest, type Enrolled, logIn, signIn, signUp } from '@fastchat/client'
import { type Home, homeKeyOf, openHome } from '@fastchat/client/node'
import { type DeviceId, shownLabel, uuidPattern } from '@fastchat/schema'
import { tryLock } from '../chat/hold-home.ts'
import { CliError, usageError } from '../cli-error.ts'
import { parseUsername } from '../parse-target.ts'
import { noServiceAdvice } from '../to-cli-error.ts'
import type { Context } from './context.ts'
import { withEndWords } from './end-words.ts'
import { expectFreeName } from './expect-free-name.ts'
import { recoveryWords } from './own-account.ts'
import { synced } from './sync.ts'
import { tellDevices } from './tell-devices.ts'

const idPattern = new RegExp(uuidPattern)
// Every text with this pattern is an id.
const isDeviceId = (text: string): text is DeviceId => idPattern.test(text)

/** The account that a person signs up for or logs in to. */
export type Account = {
  /** `new` makes the account, and `known` logs in to it. */
  readonly account: 'new' | 'known'
  readonly username: string
  readonly password: string
  /** The invitation, where the server takes new accounts by invitation only. */
  readonly invite?: string
  /** The device of the account that ends, to make room for this one. */
  readonly ending?: DeviceId
}

export async function signup(context: Context, name: string, { invite }: { invite?: string } = {}): Promise<void> {
  await enrolByName(context, name, { account: 'new', ...(invite !== undefined && { invite }) })
}

/**
 * Logs in to an account.
 * @param options `end`: the id of the device that makes room for this one.
 */
export async function login(context: Context, name: string, { end }: { end?: string } = {}): Promise<void> {
  if (end !== undefined && !isDeviceId(end))
    throw usageError(`"${end}" is not the id of a device: fastchat login without --end lists the ids`)
  await enrolByName(context, name, { account: 'known', ...(end !== undefined && { ending: end }) })
}

/** Checks the name and the home, then asks for the password, then enters the account. */
async function enrolByName(
  context: Context,
  name: string,
  account: Pick<Account, 'account' | 'invite' | 'ending'>,
): Promise<void> {
  const username = parseUsername(name)
  checkHome(context, account.account)
  // Only a person waits at a dialog. A script learns it from the sign-up itself.
  if (account.account === 'new' && context.env.password === undefined && process.stdin.isTTY)
    await expectFreeName(context, username, account.invite)
  const password = await context.password(account.account)
  await enrol(context, { ...account, username, password })
}

/**
 * Checks whether the home can take the account.
 * @throws {CliError} `signed_in_already` when a new account would need another home.
 * @throws {ClientError} `another_server`
 */
export function checkHome({ env }: Pick<Context, 'env'>, account: Account['account']): void {
  const home = openHome(env.home)
  if (account === 'new' && home.isUsed()) {
    const message = 'This home holds a device already: log in, or set FASTCHAT_HOME to another folder'
    throw new CliError('signed_in_already', message)
  }
  home.expectServer(env.url)
}

/** Makes this home a signed-in device of the account, with its key packages at the server. */
export async function enrol(context: Context, entering: Account): Promise<void> {
  const { account, username, password, invite, ending } = entering
  const { env, out } = context
  const home = openHome(env.home)
  let recoveryKey: string | undefined
  await context.closeSession()
  const letGo = tryLock(home)
  if (!letGo)
    throw new CliError('store_locked', 'Another fastchat is using this home. End it, then run the command again')
  try {
    checkHome(context, account)
    const rest = createRest(env.url)
    const signedUp = account === 'new' ? await signUp(rest, username, password, invite) : undefined
    const enrolled = signedUp ?? (await logIn(rest, username, password))
    // Shown at once: from here on the account exists, whatever happens to this device.
    recoveryKey = signedUp?.recoveryKey
    if (recoveryKey !== undefined && !out.isJson) out.note(recoveryWords(recoveryKey))
    await settleIn(env.url, home, { enrolled, ending }).catch((error: unknown) => {
      tellKey(context, recoveryKey)
      const told = tellDevices(context, username, error)
      throw ending === undefined || told !== error ? told : withEndWords(error, { username, ending, url: env.url })
    })
  } finally {
    letGo()
  }
  await welcome(context, username, recoveryKey)
}

/** Gives a script the recovery key of an account that was made, though a later step failed. */
function tellKey({ out }: Context, recoveryKey: string | undefined): void {
  if (recoveryKey !== undefined && out.isJson) out.result({ type: 'recovery_key', recoveryKey }, '')
}

type Entering = { readonly enrolled: Enrolled; readonly ending: DeviceId | undefined }

async function settleIn(url: string, home: Home, { enrolled, ending }: Entering): Promise<void> {
  const wasOpen = home.isOpen()
  const store = home.unlock(homeKeyOf(enrolled.stateKey), enrolled.vaultKey)
  let isDone = false
  try {
    await signIn(url, store, enrolled, shownLabel(`CLI on ${hostname()}`) ?? 'CLI', ending, 'terminal')
    home.bindTo(url)
    isDone = true
  } finally {
    await store.close()
    // A home that was open stays open: a revoked device can't log in again, and keeps its history.
    if (!isDone && !wasOpen) home.seal()
  }
}

/**
 * Prints the name of the signed-in user and the number of unread messages. Without a pod it prints
 * the name alone: the login has succeeded anyway.
 */
async function welcome(context: Context, username: string, recoveryKey: string | undefined): Promise<void> {
  const { out, env } = context
  const result = { type: 'signed_in', username, url: env.url, ...(recoveryKey !== undefined && { recoveryKey }) }
  try {
    const chat = await synced(context)
    const { device } = await chat.whoami()
    const unread = (await chat.chats()).filter((one) => one.unread > 0)
    const count = unread.reduce((sum, one) => sum + one.unread, 0)
    const news = count === 0 ? '' : ` ${count} unread in ${unread.length} chats: fastchat tail`
    out.result({ ...result, device, unread: count }, `Signed in as ${username}.${news}`)
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'no_services_available') {
      tellKey(context, recoveryKey)
      throw error
    }
    out.result(result, `Signed in as ${username}.`)
    out.note(noServiceAdvice(error.message, env.url))
  }
}
