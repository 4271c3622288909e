export { migrate } from '@fastchat/db/migrate'
export {
  type CertificateAuthority,
  type CertificateFiles,
  createCertificateAuthority,
} from './certificate-authority.ts'
export { type EventuallyOptions, eventually } from './eventually.ts'
export { filesHolding } from './files-holding.ts'
export * from './local/index.ts'
export { OtlpCollector, type Span } from './otlp-collector.ts'
export { shiftedClock } from './shifted-clock.ts'
export { redisPrefix, type TestDatabase, testDatabase, testPostgresUrl, testRedisUrl } from './test-database.ts'
