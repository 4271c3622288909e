import type { Client } from '@fastchat/client'
import type { Handlers } from '../call.ts'

/** The key of the server, if it wakes closed browsers, and the endpoint of this device. */
export type PushKey = { readonly publicKey?: string; readonly endpoint?: string }

export type PushCalls = {
  pushState: { input: Record<string, never>; result: PushKey }
  putPush: { input: { endpoint: string } }
  deletePush: { input: Record<string, never> }
}

/** Lets the server wake this browser while no tab is open, or no longer. */
export const pushCalls = (client: Client): Handlers<PushCalls> => ({
  pushState: async () => await client.webPush.state(),
  putPush: async ({ endpoint }) => await client.webPush.register(endpoint),
  deletePush: async () => await client.webPush.remove(),
})
