import { setTimeout as delay } from 'node:timers/promises'
import { Client, ClientError, signOut } from '@fastchat/client'
import { type Home, homeKeyOf } from '@fastchat/client/node'
import type { Clock } from '@fastchat/clock'
import { accountVerbs } from './account-verbs.ts'
import { serveChat } from './agent.ts'
import type { Hint } from './chat.ts'
import { waitingIn } from './describe-chat.ts'
import { linkOf, localChat, onHint, servedBy } from './local-chat.ts'
import type { Way } from './way.ts'

/** The time for queued messages to be sent before the process ends. */
const lastSendsMs = 5_000
/** The time that closing waits for a connection that is being opened. */
const stopMs = 1_000
const pollMs = 20

/** Locks a home. Returns the function that unlocks it. Undefined: another process has locked it. */
export function tryLock(home: Home): (() => void) | undefined {
  try {
    return home.lock()
  } catch (error) {
    if (error instanceof ClientError && error.code === 'store_locked') return undefined
    throw error
  }
}

/** Opens the device of a home that this process has locked, and answers other processes for it. */
export async function holdHome(
  home: Home,
  { url, clock }: { readonly url: string; readonly clock: Clock },
  letGo: () => void,
  tell: (hint: Hint) => void,
): Promise<Way> {
  try {
    const store = home.openStore()
    const client = await Client.open(url, store)
    const { stateKey } = client.identity
    if (stateKey !== undefined) home.reseal(homeKeyOf(stateKey))
    const tellSignedOut = () => {
      const link = { state: 'ended', code: 'not_signed_in', message: 'Signed out' } as const
      announce({ type: 'link', link })
    }
    const leaving = async () => {
      await client.stop()
      await signOut(url, store)
      home.seal()
      tellSignedOut()
    }
    let isErased = false
    const ownAccount = accountVerbs(client, store, {
      served: (work) => servedBy(client, clock, work),
      tellLeaving: (progress) => announce({ type: 'leaving', ...progress }),
      async forget(empty, keepHistory) {
        await client.stop()
        await empty()
        isErased = !keepHistory
        tellSignedOut()
      },
    })
    const chat = { ...localChat(client, clock, leaving), ...ownAccount }
    const agent = await serveChat(home.socketPath, chat, { url, username: client.identity.username })
    const announce = (hint: Hint) => {
      tell(hint)
      agent.tell(hint)
    }
    onHint(client, announce)
    return {
      chat,
      gone: new Promise(() => {}),
      async close() {
        await lastSends(client, clock)
        await agent.close()
        await Promise.race([client.stop(), delay(stopMs, undefined, { ref: false })])
        await store.close()
        if (isErased) home.erase()
        letGo()
      },
    }
  } catch (error) {
    letGo()
    throw error
  }
}

/** Waits until queued messages are sent, while there is a connection. */
async function lastSends(client: Client, clock: Clock): Promise<void> {
  const deadline = clock.monotonicMs() + lastSendsMs
  const waiting = () =>
    client.conversations().some(({ conversation }) => waitingIn(client.conversation(conversation)) > 0)
  while (linkOf(client).state === 'online' && waiting() && clock.monotonicMs() < deadline) await delay(pollMs)
}
