import { setTimeout as delay } from 'node:timers/promises'
import { type Home, openHome } from '@fastchat/client/node'
import type { Clock } from '@fastchat/clock'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { toCliError } from '../to-cli-error.ts'
import { type Chat, chatThrough, type Hint, type Verb } from './chat.ts'
import { holdHome, tryLock } from './hold-home.ts'
import { notSignedIn } from './not-signed-in.ts'
import { connectChat, HolderGone } from './remote-chat.ts'
import type { Way } from './way.ts'

/** The device of a home. This process or another one holds it. */
export type HomeSession = {
  /** The verbs of the device. They throw CliError and nothing else. */
  readonly chat: Chat
  /** Calls `listen` with each hint. Returns the function that ends this. */
  onHint(listen: (hint: Hint) => void): () => void
  close(): Promise<void>
}

/** The time within which a process that has just locked the home answers. */
const takeoverMs = 15_000
const pollMs = 30
/** The verbs after which the device stays connected. */
const connecting: readonly Verb[] = ['sync', 'send', 'stored', 'createGroup']

/**
 * Opens the signed-in device. The first process holds it, and further processes ask that one. When
 * it ends, one of them takes over, and the open questions are asked again.
 * @throws {CliError} `not_signed_in`
 */
export async function openHomeSession(env: Environment, clock: Clock): Promise<HomeSession> {
  const home = openHome(env.home)
  const listeners = new Set<(hint: Hint) => void>()
  const tell = (hint: Hint) => {
    for (const listen of listeners) listen(hint)
  }
  let isClosed = false
  let isConnected = false
  let way = find()

  function find(): Promise<Way> {
    const found = findWay(home, { ...env, clock }, tell)
    found.then(({ gone }) => gone.then(goOn)).catch(() => {})
    return found
  }

  /** Finds the device anew after the process that held the home has ended. */
  function goOn(): void {
    if (isClosed) return
    way = find()
    way.then(
      ({ chat }) => {
        tell({ type: 'changed' })
        if (isConnected) chat.sync({ patienceMs: 0 }).catch(() => {})
      },
      (error: unknown) => {
        const { code, message } = toCliError(error)
        tell({ type: 'link', link: { state: 'ended', code, message } })
      },
    )
  }

  const chat = chatThrough(async (verb, args) => {
    isConnected ||= connecting.includes(verb)
    for (;;) {
      try {
        // The arguments are those of the verb.
        return await ((await way).chat[verb] as (args: unknown) => Promise<unknown>)(args)
      } catch (error) {
        if (!(error instanceof HolderGone)) throw toCliError(error)
        await delay(pollMs)
      }
    }
  })
  await way
  return {
    chat,
    onHint(listen) {
      listeners.add(listen)
      return () => listeners.delete(listen)
    },
    async close() {
      isClosed = true
      await way.then((open) => open.close()).catch(() => {})
    },
  }
}

async function findWay(
  home: Home,
  { home: folder, url, clock }: Pick<Environment, 'home' | 'url'> & { readonly clock: Clock },
  tell: (hint: Hint) => void,
): Promise<Way> {
  const deadline = clock.monotonicMs() + takeoverMs
  while (clock.monotonicMs() < deadline) {
    if (!home.isOpen()) throw notSignedIn(folder)
    const letGo = tryLock(home)
    if (letGo) return await holdHome(home, { url, clock }, letGo, tell)
    const remote = await connectChat(home.socketPath, url, tell)
    if (remote) return { chat: remote.chat, gone: remote.gone, close: async () => remote.close() }
    await delay(pollMs)
  }
  throw new CliError('store_locked', 'Another fastchat is busy with this home and does not answer: end it first')
}
