/** Runs a pod without clients as a process that a test can kill. */
import { systemClock } from '@fastchat/clock'
import { createKeys, createPodRecord, createPodSeal, openPublisher } from '@fastchat/cluster'

const { REDIS_URL = '', REDIS_PREFIX = '', POD_NAME = '', POD_HMAC_KEY = '' } = process.env
const log = { info: () => undefined, warn: () => undefined }

createPodRecord({
  clock: systemClock,
  random: Math.random,
  redis: openPublisher({ random: Math.random, redisUrl: REDIS_URL, log }),
  keys: createKeys(REDIS_PREFIX),
  seal: createPodSeal(Buffer.from(POD_HMAC_KEY, 'base64url')),
  pod: POD_NAME,
  bootId: String(process.pid),
  capacity: 1_000,
  load: () => ({ connections: 0, lagMs: 0 }),
  log,
})
