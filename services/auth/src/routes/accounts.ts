import { authOperations, toBase64Url } from '@fastchat/schema'
import { bind, networkOf, type Server, toAppError } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import type { Vault } from '../domain/accounts.ts'
import type { AuthMetrics } from '../metrics.ts'
import { limitByIp, type Purpose } from './limit-by-ip.ts'
import { bytesOf, readUsername, userToWire } from './wire.ts'

/** The number of the password with which an account begins. */
const firstPassword = 1

type Ports = Pick<Deps, 'accounts' | 'recovery' | 'issuer' | 'perIp'> & Pick<AuthMetrics, 'loggedIn'>

export function bindAccounts(server: Server, { accounts, recovery, issuer, perIp, loggedIn }: Ports): void {
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
    async ({ body: { username, accountKey, nameSig, vault, accountState, recovery, ...request }, req }) => {
      const signup = {
        ...request,
        username: readUsername(username, 'body'),
        accountKey: bytesOf(accountKey, '/accountKey'),
        nameSig: bytesOf(nameSig, '/nameSig'),
        accountState: accountState === undefined ? undefined : bytesOf(accountState, '/accountState'),
        vault: vault && { version: vault.version, body: bytesOf(vault.body, '/vault/body') },
        recovery: recovery && {
          verifier: bytesOf(recovery.verifier, '/recovery/verifier'),
          body: bytesOf(recovery.body, '/recovery/body'),
        },
      }
      const user = await accounts.signup(signup, networkOf(req.ip))
      return { user: userToWire(user), enrolToken: await issuer.enrol(user.userId, firstPassword) }
    },
    limited('signup'),
  )

  bind(
    server,
    authOperations.login,
    async ({ body, req }) => {
      const username = readUsername(body.username, 'body')
      const { kdf, vault, passwordNo, ...user } = await counted(
        accounts.login(username, body.password, networkOf(req.ip)),
      )
      return {
        user: userToWire(user),
        enrolToken: await issuer.enrol(user.userId, passwordNo),
        ...(kdf && { kdf }),
        ...(vault && { vault: vaultToWire(vault) }),
      }
    },
    limited('login'),
  )

  bind(
    server,
    authOperations.checkName,
    async ({ body, req }) => {
      await accounts.checkName(readUsername(body.username, 'body'), body.invite, networkOf(req.ip))
      return undefined
    },
    limited('signup'),
  )

  bind(
    server,
    authOperations.recover,
    async ({ body, req }) => {
      const username = readUsername(body.username, 'body')
      const loginValue = bytesOf(body.recovery, '/recovery')
      const found = await counted(recovery.recover(username, loginValue, networkOf(req.ip)))
      return {
        user: userToWire(found),
        enrolToken: await issuer.enrol(found.userId, found.passwordNo, 'recovery'),
        recovery: vaultToWire(found.recovery),
        ...(found.vault && { vault: vaultToWire(found.vault) }),
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
