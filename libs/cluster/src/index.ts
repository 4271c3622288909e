/**
 * Redis: the bus between pods, and the records by which balancers know the pods. All of its data
 * may be lost at any time.
 */
export { type AccountEvent, type AccountPushOptions, createAccountPush, type PushAccount } from './account-push.ts'
export { type Bus, type BusCounts, type BusHandlers, type BusOptions, createBus, type EntryHeader } from './bus.ts'
export { type Commands, type ConnectionOptions, openPublisher, type RedisTarget } from './connections.ts'
export { createKeys, type Keys } from './keys.ts'
export { type LagMeter, openLagMeter } from './lag-meter.ts'
export type { PodList, ReportedPod } from './list-pods.ts'
export type { Log } from './log.ts'
export { maxLagMs } from './place-script.ts'
export { createPodRecord, type PodLoad, type PodRecord, type PodRecordOptions, redisNowMs } from './pod-record.ts'
export { createPodSeal, type PodSeal, podHmacKeyForm, podHmacKeyPattern } from './pod-seal.ts'
export { type LivePod, openPods, type Pick, type Pods, type PodsOptions } from './pods.ts'
export { type Rate, RateLedger, type SharedLimit } from './rate-ledger.ts'
export { type RedisAclOptions, type RedisUser, redisAcl, redisUsers } from './redis-acl.ts'
export { type RedisPasswords, redisAclFile, redisServerUsers, redisUrlOf } from './redis-acl-file.ts'
export { parseRedisUrl, redisCaForm, redisCaPattern, redisUrlForms, redisUrlPattern } from './redis-url.ts'
export { type ReservedPlace, reservePlaces } from './reserve-places.ts'
export { type IgnoredReason, staleMs } from './verified-records.ts'
