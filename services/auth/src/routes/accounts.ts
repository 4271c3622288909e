import { authOperations, toBase64Url } from '@fastchat/schema'
import { bind, networkOf, type Server, toAppError } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import type { Vault } from '../domain/accounts.ts'
import type { AuthMetrics } from '../metrics.ts'
import { limitByIp, type Purpose } from './limit-by-ip.ts'
import { bytesOf, readUsername, userToWire } from './wire.ts'

type Ports = Pick<Deps, 'accounts' | 'issuer' | 'perIp'> & Pick<AuthMetrics, 'loggedIn'>

export function bindAccounts(server: Server, { accounts, issuer, perIp, loggedIn }: Ports): void {
  const limited = (purpose: Purpose) => ({ onRequest: limitByIp(perIp, purpose) })

  async function counted<T>(login: Promise<T>): Promise<T> {
    await login.then(
      () => loggedIn('ok'),
      (error: unknown) => loggedIn(toAppError(error).code),
    )
    return login
  }

  bind(
    server,
    authOperations.kdf,
    ({ query }) => accounts.kdf(readUsername(query.username, 'querystring')),
    limited('login'),
  )

  bind(
    server,
    authOperations.signup,
    async ({ body: { username, accountKey, nameSig, vault, accountState, ...request }, req }) => {
      const signup = {
        ...request,
        username: readUsername(username, 'body'),
        accountKey: bytesOf(accountKey, '/accountKey'),
        nameSig: bytesOf(nameSig, '/nameSig'),
        accountState: accountState === undefined ? undefined : bytesOf(accountState, '/accountState'),
        vault: vault && { version: vault.version, body: bytesOf(vault.body, '/vault/body') },
      }
      const user = await accounts.signup(signup, networkOf(req.ip))
      return { user: userToWire(user), enrolToken: await issuer.enrol(user.userId) }
    },
    limited('signup'),
  )

  bind(
    server,
    authOperations.login,
    async ({ body, req }) => {
      const username = readUsername(body.username, 'body')
      const { kdf, vault, ...user } = await counted(accounts.login(username, body.password, networkOf(req.ip)))
      return {
        user: userToWire(user),
        enrolToken: await issuer.enrol(user.userId),
        ...(kdf && { kdf }),
        ...(vault && { vault: vaultToWire(vault) }),
      }
    },
    limited('login'),
  )

  bind(server, authOperations.signName, async ({ actor, body }) => {
    await accounts.signName(actor.userId, bytesOf(body.nameSig, '/nameSig'))
    return undefined
  })
}

const vaultToWire = ({ version, body }: Vault) => ({ version, body: toBase64Url(body) })
