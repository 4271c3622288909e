import {
  podHmacKeyForm,
  podHmacKeyPattern,
  redisCaForm,
  redisCaPattern,
  redisUrlForms,
  redisUrlPattern,
} from '@fastchat/cluster'
import { clockToleranceSetting } from '@fastchat/service'
import { type Static, Type } from 'typebox'

/** Settings that the balancer reads from its environment. Every service also reads LOG_LEVEL. */
export const Config = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on' }),
  PORT: Type.Integer({ default: 8082, minimum: 0, maximum: 65_535, description: 'Port to listen on; 0: any' }),
  ADMIN_PORT: Type.Integer({
    default: 9082,
    minimum: 0,
    maximum: 65_535,
    description: 'Port for health, metrics and drain, for operators only; 0: any',
  }),
  REDIS_URL: Type.String({
    pattern: redisUrlPattern,
    description: `Where the pods write their records: ${redisUrlForms}`,
  }),
  REDIS_CA: Type.Optional(Type.String({ pattern: redisCaPattern, description: redisCaForm })),
  AUTH_JWKS_URL: Type.String({ pattern: '^https?://', description: 'Where auth publishes its public keys' }),
  AUTH_ISSUER: Type.String({ default: 'fastchat', minLength: 1, description: '`iss` of access tokens' }),
  CLOCK_TOLERANCE_SECONDS: clockToleranceSetting(
    'The balancer is not ready while its clock differs by more from those of Redis and auth; tokens allow for 30',
  ),
  POD_HMAC_KEY: Type.String({ pattern: podHmacKeyPattern, description: podHmacKeyForm }),
  ADMIT_PER_SECOND: Type.Number({ default: 200, exclusiveMinimum: 0, description: 'Devices placed, in the long run' }),
  ADMIT_BURST: Type.Integer({ default: 1_000, minimum: 1, description: 'Devices placed at once after a quiet time' }),
})
export type Config = Static<typeof Config>
