import {
  podHmacKeyForm,
  podHmacKeyPattern,
  redisCaForm,
  redisCaPattern,
  redisUrlForms,
  redisUrlPattern,
} from '@fastchat/cluster'
import { databaseCaForm, databaseCaPattern, databaseUrlForm, databaseUrlPattern } from '@fastchat/db'
import { podNamePattern } from '@fastchat/schema'
import { trustProxyForm } from '@fastchat/service'
import { type Static, Type } from 'typebox'
import { minRetentionDays } from './domain/check-send.ts'
import { limitVariables } from './pod-limits.ts'
import { traceVariables } from './tracing/config.ts'
import { pushVariables } from './web-push/push-settings.ts'

/** The environment of a chat pod. Each service reads LOG_LEVEL, too. */
export const Config = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on' }),
  PORT: Type.Integer({ default: 8083, minimum: 0, maximum: 65_535, description: 'Port to listen on; 0: any' }),
  ADMIN_PORT: Type.Integer({
    default: 9083,
    minimum: 0,
    maximum: 65_535,
    description: 'Port for health, metrics and drain, for operators only; 0: any',
  }),
  DATABASE_URL: Type.String({
    pattern: databaseUrlPattern,
    description: `PostgreSQL, with fsync and synchronous_commit: ${databaseUrlForm}`,
  }),
  DATABASE_CA: Type.Optional(Type.String({ pattern: databaseCaPattern, description: databaseCaForm })),
  REDIS_URL: Type.String({
    pattern: redisUrlPattern,
    description: `The bus between pods and the records of pods: ${redisUrlForms}`,
  }),
  REDIS_CA: Type.Optional(Type.String({ pattern: redisCaPattern, description: redisCaForm })),
  AUTH_JWKS_URL: Type.String({ pattern: '^https?://', description: 'Where auth publishes its public keys' }),
  AUTH_ISSUER: Type.String({ default: 'fastchat', minLength: 1, description: '`iss` of access tokens' }),
  POD_NAME: Type.Optional(
    Type.String({
      pattern: podNamePattern,
      description: 'Name of the pod, unique among the pods; clients reach it at /ws/POD_NAME. The host name by default',
    }),
  ),
  POD_REVISION: Type.String({
    default: '',
    maxLength: 63,
    description: 'Revision of the deployment; while pods of two revisions run, devices are sent to the newer one',
  }),
  DRAIN_SECONDS: Type.Integer({
    default: 15,
    minimum: 1,
    maximum: 3_600,
    description: 'Time over which clients are sent elsewhere when the pod ends',
  }),
  POD_HMAC_KEY: Type.String({ pattern: podHmacKeyPattern, description: podHmacKeyForm }),
  POD_CAPACITY: Type.Integer({ default: 10_000, minimum: 1, description: 'Connections that the pod is meant to hold' }),
  CLOCK_TOLERANCE_SECONDS: Type.Integer({
    default: 30,
    minimum: 1,
    description:
      'Difference from the clocks of PostgreSQL and Redis above which a pod takes no clients; tokens allow for 30',
  }),
  RETENTION_DAYS: Type.Integer({
    default: 45,
    minimum: minRetentionDays,
    description:
      'Age at which a message is deleted, even if a device has not seen it; after 31 days if all devices have it',
  }),
  TRUST_PROXY: Type.Optional(Type.String({ description: trustProxyForm })),
  ...limitVariables,
  ...traceVariables,
  ...pushVariables,
})
export type Config = Static<typeof Config>
