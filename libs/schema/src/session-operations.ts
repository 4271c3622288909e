import { Type } from 'typebox'
import { TokensSchema } from './account.ts'
import { closed, open } from './objects.ts'
import { operation } from './operation.ts'

const RefreshTokenSchema = Type.String({ minLength: 1, maxLength: 256, examples: ['0195f3a0….1.…'] })
const Nothing = Type.Null()

/** The operations on one session, and the keys that verify its tokens. */
export const sessionOperations = {
  refresh: operation({
    method: 'POST',
    path: '/v1/token/refresh',
    access: 'public',
    summary: 'Exchange a refresh token; using an old token again ends the session',
    description:
      'The answer may be lost, so a used token returns the same successor for `refreshRepeatMs`, until that successor is used. After that, a used token counts as stolen and ends the session. `session_idle` has the days of the server’s limit in `details.days`.',
    body: closed('Refresh', { refreshToken: RefreshTokenSchema }),
    response: { 200: TokensSchema },
    errors: ['refresh_invalid', 'device_revoked', 'session_idle'],
  }),
  logout: operation({
    method: 'POST',
    path: '/v1/logout',
    access: 'public',
    summary: 'End the session of a refresh token; unknown tokens are ignored',
    body: closed('Logout', { refreshToken: RefreshTokenSchema }),
    response: { 204: Nothing },
  }),
  jwks: operation({
    method: 'GET',
    path: '/.well-known/jwks.json',
    access: 'public',
    summary: 'Get the public keys that verify access tokens (RFC 7517)',
    response: { 200: open('Jwks', { keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }) },
  }),
} as const
