import type { FaultCase } from '../fault-case.ts'
import { unauthenticatedSockets } from './a-03-unauthenticated-sockets.ts'
import { podsKilled } from './f-01-pods-killed.ts'
import { killedAfterCommit } from './f-02-killed-after-commit.ts'
import { killedAroundAck } from './f-03-killed-around-ack.ts'
import { postgresCrashes } from './f-04-postgres-crashes.ts'
import { postgresHangs } from './f-06-postgres-hangs.ts'
import { manyInitialSyncs } from './f-07-many-initial-syncs.ts'
import { unsafeSettings } from './f-08-unsafe-settings.ts'
import { deadlockHunt } from './f-09-deadlock-hunt.ts'
import { sameIdOnTwoPods } from './f-10-same-id-on-two-pods.ts'
import { sameIdOtherBytes } from './f-11-same-id-other-bytes.ts'
import { firstRefused } from './f-12-first-refused.ts'
import { redisKilled } from './f-13-redis-killed.ts'
import { redisHangs } from './f-14-redis-hangs.ts'
import { clusterMasterKilled } from './f-15-cluster-master-killed.ts'
import { clusterResharded } from './f-16-cluster-resharded.ts'
import { publishLost } from './f-18-publish-lost.ts'
import { partitions } from './f-20-partitions.ts'
import { clientsKilled } from './f-22-clients-killed.ts'
import { slowLinks } from './f-24-slow-links.ts'
import { rollingRestart } from './f-26-rolling-restart.ts'
import { shortGrace } from './f-27-short-grace.ts'
import { reconnectStorm } from './f-28-reconnect-storm.ts'
import { halfOpen } from './f-31-half-open.ts'
import { subscribeRace } from './f-32-subscribe-race.ts'
import { longOffline } from './f-33-long-offline.ts'
import { wrongClocks } from './f-38-wrong-clocks.ts'
import { soak } from './f-40-soak.ts'

/** This is long enough to inject each kind of fault about twice. */
export const shortSoakMinutes = 0.75

export const cases: readonly FaultCase[] = [
  podsKilled,
  killedAfterCommit,
  killedAroundAck,
  postgresCrashes,
  postgresHangs,
  manyInitialSyncs,
  unsafeSettings,
  deadlockHunt,
  sameIdOnTwoPods,
  sameIdOtherBytes,
  firstRefused,
  redisKilled,
  redisHangs,
  clusterMasterKilled,
  clusterResharded,
  publishLost,
  partitions,
  clientsKilled,
  slowLinks,
  rollingRestart,
  shortGrace,
  reconnectStorm,
  halfOpen,
  subscribeRace,
  longOffline,
  wrongClocks,
  unauthenticatedSockets,
  soak(shortSoakMinutes),
]
