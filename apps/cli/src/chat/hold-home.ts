import { setTimeout as delay } from 'node:timers/promises'
import { Client, ClientError, signOut } from '@fastchat/client'
import type { Home } from '@fastchat/client/node'
import { serveChat } from './agent.ts'
import type { Hint } from './chat.ts'
import { waitingIn } from './describe-chat.ts'
import { linkOf, localChat, onHint } from './local-chat.ts'
import type { Way } from './way.ts'

/** What is queued may still leave in this time before the process ends. */
const lastSendsMs = 5_000
/** A connection that is just being made is not waited for longer than this. */
const stopMs = 1_000
const pollMs = 20

/** Takes the home when no other process has it. @returns how to let go, or undefined. */
export function tryLock(home: Home): (() => void) | undefined {
  try {
    return home.lock()
  } catch (error) {
    if (error instanceof ClientError && error.code === 'store_locked') return undefined
    throw error
  }
}

/** Opens the device of a home that this process has locked, and serves it to the others. */
export async function holdHome(home: Home, url: string, letGo: () => void, tell: (hint: Hint) => void): Promise<Way> {
  try {
    const store = home.openStore()
    const client = await Client.open(url, store)
    const chat = localChat(client, async () => {
      await client.stop()
      await signOut(url, store)
      home.seal()
      const link = { state: 'ended', code: 'not_signed_in', message: 'Signed out' } as const
      announce({ type: 'link', link })
    })
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
        await lastSends(client)
        await agent.close()
        await Promise.race([client.stop(), delay(stopMs, undefined, { ref: false })])
        await store.close()
        letGo()
      },
    }
  } catch (error) {
    letGo()
    throw error
  }
}

/** While there is a connection, what is queued leaves before the process does. */
async function lastSends(client: Client): Promise<void> {
  const deadline = performance.now() + lastSendsMs
  const waiting = () =>
    client.conversations().some(({ conversation }) => waitingIn(client.conversation(conversation)) > 0)
  while (linkOf(client).state === 'online' && waiting() && performance.now() < deadline) await delay(pollMs)
}
