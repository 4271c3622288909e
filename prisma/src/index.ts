export type * from '../generated/client.ts'
export * from './client.ts'
export { ConnectError } from './connect-error.ts'
export {
  databaseCaForm,
  databaseCaPattern,
  databaseUrlForm,
  databaseUrlPattern,
  parseDatabaseUrl,
  percentEncoding,
} from './database-url.ts'
export * from './invite-code.ts'
export { openPool, type Pool, type PoolClient, type PoolOptions } from './pool.ts'
