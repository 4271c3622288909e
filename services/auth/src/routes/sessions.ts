import { authOperations } from '@fastchat/schema'
import { bind, type Server } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import { limitByIp } from './limit-by-ip.ts'

export function bindSessions(
  server: Server,
  { sessions, keys, perIp }: Pick<Deps, 'sessions' | 'keys' | 'perIp'>,
): void {
  const limited = { onRequest: limitByIp(perIp, 'session') }
  bind(server, authOperations.refresh, ({ body }) => sessions.refresh(body.refreshToken), limited)
  bind(
    server,
    authOperations.logout,
    async ({ body }) => {
      await sessions.end(body.refreshToken)
      return undefined
    },
    limited,
  )
  bind(server, authOperations.jwks, () => ({ keys: keys().published.keys.map((key) => ({ ...key })) }))
}
