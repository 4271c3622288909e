import { setTimeout as delay } from 'node:timers/promises'
import { type Home, openHome } from '@fastchat/client/node'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { toCliError } from '../to-cli-error.ts'
import { type Chat, chatThrough, type Hint, type Verb } from './chat.ts'
import { holdHome, tryLock } from './hold-home.ts'
import { notSignedIn } from './not-signed-in.ts'
import { connectChat, HolderGone } from './remote-chat.ts'
import type { Way } from './way.ts'

/** The device of a home, whoever holds it. */
export type Session = {
  /** Its verbs throw CliError and nothing else. */
  readonly chat: Chat
  /** @returns how to stop listening. */
  onHint(listen: (hint: Hint) => void): () => void
  close(): Promise<void>
}

/** A process that has just taken the home answers within this time. */
const takeoverMs = 15_000
const pollMs = 30
/** Verbs after which the device stays connected. */
const connecting: readonly Verb[] = ['sync', 'send', 'stored', 'createGroup']

/**
 * Opens the signed-in device. Several processes may: the first holds it, the others go through that one; when it ends, one of
 * them takes over, and what they had asked is asked again.
 * @throws {CliError} `not_signed_in`
 */
export async function openSession(env: Environment): Promise<Session> {
  const home = openHome(env.home)
  const listeners = new Set<(hint: Hint) => void>()
  const tell = (hint: Hint) => {
    for (const listen of listeners) listen(hint)
  }
  let isClosed = false
  let isConnected = false
  let way = find()

  function find(): Promise<Way> {
    const found = findWay(home, env, tell)
    found.then(({ gone }) => gone.then(goOn)).catch(() => {})
    return found
  }

  /** The process that held the home is gone. */
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
        // The verb's own arguments, handed on.
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
  { home: folder, url }: Pick<Environment, 'home' | 'url'>,
  tell: (hint: Hint) => void,
): Promise<Way> {
  const deadline = performance.now() + takeoverMs
  while (performance.now() < deadline) {
    if (!home.isOpen()) throw notSignedIn(folder)
    const letGo = tryLock(home)
    if (letGo) return await holdHome(home, url, letGo, tell)
    const remote = await connectChat(home.socketPath, url, tell)
    if (remote) return { chat: remote.chat, gone: remote.gone, close: async () => remote.close() }
    await delay(pollMs)
  }
  throw new CliError('store_locked', 'Another fastchat is busy with this home and does not answer: end it first')
}
