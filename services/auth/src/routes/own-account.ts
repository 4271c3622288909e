import { authOperations, toBase64Url } from '@fastchat/schema'
import { bind, networkOf, type Server } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import { limitByUser } from './limit-by-user.ts'
import { bytesOf, readUsername } from './wire.ts'

export function bindOwnAccount(
  server: Server,
  { ownAccount, accountChanges, pushAccount }: Pick<Deps, 'ownAccount' | 'accountChanges' | 'pushAccount'>,
): void {
  const limited = { onRequest: limitByUser(accountChanges) }

  bind(
    server,
    authOperations.setPassword,
    async ({ actor, body: { password, kdf, vault, endOthers = false, keep, note }, req }) => {
      const body = bytesOf(vault.body, '/vault/body')
      const change = {
        ...{ password, kdf, vault: { version: vault.version, body } },
        ...(endOthers && { ends: { keep } }),
        ...(note !== undefined && { note: bytesOf(note, '/note') }),
      }
      await ownAccount.setPassword(actor, change, networkOf(req.ip))
      pushAccount(actor.userId, 'password')
      if (endOthers) pushAccount(actor.userId, 'sessions')
      return undefined
    },
    limited,
  )

  bind(server, authOperations.getPasswordNote, async ({ actor }) => {
    const { note } = await ownAccount.passwordNote(actor)
    return note ? { note: toBase64Url(note) } : {}
  })

  bind(server, authOperations.getRecovery, async ({ actor }) => {
    const { recovery, createdAt } = await ownAccount.recovery(actor)
    return {
      ...(recovery && { recovery: { version: recovery.version, body: toBase64Url(recovery.body) } }),
      ...(createdAt && { createdAt: createdAt.toISOString() }),
    }
  })

  bind(
    server,
    authOperations.putRecovery,
    async ({ actor, body: { version, verifier, body } }) => {
      const copy = { version, verifier: bytesOf(verifier, '/verifier'), body: bytesOf(body, '/body') }
      await ownAccount.putRecovery(actor, copy)
      return undefined
    },
    limited,
  )

  bind(server, authOperations.listSessions, async ({ actor }) => ({
    sessions: [...(await ownAccount.sessions(actor))],
  }))

  bind(
    server,
    authOperations.endSessions,
    async ({ actor, body }) => {
      const ended = await ownAccount.endSessions(actor, body)
      pushAccount(actor.userId, 'sessions', actor.deviceId)
      return { ended }
    },
    limited,
  )

  bind(
    server,
    authOperations.deleteAccount,
    async ({ actor, body }) => {
      await ownAccount.delete(actor, readUsername(body.username, 'body'))
      pushAccount(actor.userId, 'sessions')
      return undefined
    },
    limited,
  )
}
