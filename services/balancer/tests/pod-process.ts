/** A pod without clients, as a process of its own that a test can kill. */
import { createKeys, createPodRecord, openPublisher } from '@fastchat/cluster'

const { REDIS_URL = '', REDIS_PREFIX = '', POD_NAME = '' } = process.env
const log = { info: () => undefined, warn: () => undefined }

createPodRecord({
  redis: openPublisher({ redisUrl: REDIS_URL, log }),
  keys: createKeys(REDIS_PREFIX),
  pod: POD_NAME,
  bootId: String(process.pid),
  url: `ws://${POD_NAME}`,
  capacity: 1_000,
  load: () => ({ connections: 0, lagMs: 0 }),
  log,
})
