/**
 * This module starts PostgreSQL, Redis and our own programs as processes on this machine, for the
 * tests and for `npm start`. Each of them ends with the process that started it, even if that is
 * killed.
 */
export { chromiumProgram } from './chromium.ts'
export { freePort, isPortTaken } from './free-port.ts'
export { type LocalNginx, type StartNginxOptions, startNginx } from './nginx.ts'
export { OperatorError } from './operator-error.ts'
export { type Exit, type OwnedProcess, startOwnedProcess } from './owned-process.ts'
export { type LocalPgBouncer, type StartPgBouncerOptions, startPgBouncer } from './pgbouncer.ts'
export { type LocalPostgres, type StartPostgresOptions, startPostgres } from './postgres.ts'
export { postgresAccount } from './postgres-account.ts'
export { postgresPackage } from './postgres-binaries.ts'
export { majorOfData } from './postgres-version.ts'
export { type LocalRedis, redisProgram, type StartRedisOptions, startRedis } from './redis.ts'
export {
  type LocalRedisCluster,
  type RedisNode,
  type StartRedisClusterOptions,
  startRedisCluster,
} from './redis-cluster.ts'
export { type LocalSentinel, type StartSentinelOptions, startSentinel } from './redis-sentinel.ts'
export { type StartProcessOptions, startProcess } from './start-process.ts'
