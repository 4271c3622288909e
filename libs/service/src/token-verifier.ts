import type { Clock } from '@fastchat/clock'
import { type DeviceId, DeviceIdSchema, type UserId, UserIdSchema } from '@fastchat/schema'
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  errors as joseErrors,
  jwtVerify,
} from 'jose'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { audiences, type DeviceActor, type EnrolActor } from './actor.ts'
import { AppError } from './app-error.ts'
import { remoteKeys } from './remote-keys.ts'

/** Our tokens have about 500 characters. */
const maxTokenLength = 4096
const clockToleranceSeconds = 30
/** Our access tokens live 10 minutes. A token with a longer life is not ours. */
const maxLifetimeSeconds = 15 * 60
/**
 * Header fields that name a key inside the token (RFC 7515 §4.1). A token with one of them is
 * rejected.
 */
const smuggledKeys = ['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'crit', 'b64']

const claims = { sub: UserIdSchema, iat: Type.Number(), exp: Type.Number() }
const DeviceClaims = Type.Object({
  ...claims,
  device: DeviceIdSchema,
  sid: Type.String({ minLength: 1, maxLength: 64 }),
})
const EnrolClaims = Type.Object({
  ...claims,
  pw: Type.Optional(Type.Integer({ minimum: 1 })),
  via: Type.Optional(Type.Literal('recovery')),
})
const isDeviceClaims = Compile(DeviceClaims)
const isEnrolClaims = Compile(EnrolClaims)

export type TokenVerifier = {
  /**
   * Checks a device token. @throws AppError `unauthorized`, `token_expired`; `busy` while no keys
   * could be fetched
   */
  device(token: string): Promise<DeviceActor>
  /** Checks an enrol token. @throws AppError as `device` */
  enrol(token: string): Promise<EnrolActor>
}

export type TokenVerifierOptions = {
  readonly issuer: string
  /**
   * The public keys: the URL where auth publishes them, or, inside auth, a function that returns
   * the current ones.
   */
  readonly keys: { readonly jwksUrl: string } | { readonly current: () => JSONWebKeySet }
  readonly clock: Clock
}

/** Checks access tokens (RFC 9068: JWT, EdDSA, `at+jwt`) against our published keys only. */
export function createTokenVerifier({ issuer, keys, clock }: TokenVerifierOptions): TokenVerifier {
  const getKey: JWTVerifyGetKey =
    'jwksUrl' in keys
      ? remoteKeys(keys.jwksUrl, clock)
      : (header, token) => createLocalJWKSet(keys.current())(header, token)

  async function verify(token: string, audience: string): Promise<JWTPayload> {
    refuseOddHeader(token)
    try {
      const { payload } = await jwtVerify(token, getKey, {
        algorithms: ['EdDSA'],
        typ: 'at+jwt',
        issuer,
        audience,
        currentDate: new Date(clock.wallMs()),
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'iat', 'sub'],
      })
      return payload
    } catch (cause) {
      throw refusal(cause)
    }
  }

  return {
    async device(token) {
      const payload = await verify(token, audiences.device)
      if (!isDeviceClaims.Check(payload) || livesTooLong(payload)) throw new AppError('unauthorized')
      // The checks above are those of the brands.
      const { sub, device, sid, exp } = payload as Static<typeof DeviceClaims> & { sub: UserId; device: DeviceId }
      return { scope: 'device', userId: sub, deviceId: device, sessionId: sid, expiresAt: exp * 1000 }
    },
    async enrol(token) {
      const payload = await verify(token, audiences.enrol)
      if (!isEnrolClaims.Check(payload) || livesTooLong(payload)) throw new AppError('unauthorized')
      const { pw, via } = payload
      const passwordNo = pw === undefined ? {} : { passwordNo: pw }
      return { scope: 'enrol', userId: payload.sub, ...passwordNo, ...(via && { isRecovered: true }) }
    },
  }
}

function refuseOddHeader(token: string): void {
  if (token.length > maxTokenLength) throw new AppError('unauthorized')
  try {
    const header = decodeProtectedHeader(token)
    // Without a `kid`, a set of one key would match any token.
    if (typeof header.kid === 'string' && !smuggledKeys.some((name) => Object.hasOwn(header, name))) return
  } catch {
    // The header does not decode, so the token is rejected like any forgery.
  }
  throw new AppError('unauthorized')
}

const livesTooLong = ({ iat, exp }: { iat: number; exp: number }): boolean => exp - iat > maxLifetimeSeconds

function refusal(cause: unknown): AppError {
  if (cause instanceof joseErrors.JWTExpired) return new AppError('token_expired')
  const isForgery =
    cause instanceof joseErrors.JWTClaimValidationFailed ||
    cause instanceof joseErrors.JWTInvalid ||
    cause instanceof joseErrors.JWSInvalid ||
    cause instanceof joseErrors.JWSSignatureVerificationFailed ||
    cause instanceof joseErrors.JWKSNoMatchingKey ||
    cause instanceof joseErrors.JWKSMultipleMatchingKeys ||
    cause instanceof joseErrors.JOSEAlgNotAllowed ||
    cause instanceof joseErrors.JOSENotSupported
  return isForgery ? new AppError('unauthorized') : new AppError('busy', undefined, { cause, retryMs: 1_000 })
}
