import type { DeviceId } from '@fastchat/schema'
import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import { luaScript, runScript } from './run-script.ts'

/** A pod that stops reporting is gone this soon. */
const recordTtlMs = 5_000

export type PodIdentity = {
  /** Unique among the pods that run; a pod that is started again may use the name of its former self. */
  readonly pod: string
  readonly bootId: string
}

export type PodReport = PodIdentity & {
  /** Where clients connect. */
  readonly url: string
  /** Connections that the pod is meant to hold. */
  readonly capacity: number
  readonly connections: number
  readonly lagMs: number
  readonly isDraining: boolean
  /** See `PodLoad`. */
  readonly isShedding: boolean
  /** Of what is deployed; see `pickPod`. */
  readonly revision: string
  /** Devices that `connections` counts now: their reservations are done with, in the same step. */
  readonly arrivals: Iterable<DeviceId>
}

/** Replaces what is known of the pod. `true`: an operator wants it to drain (`askToDrain`). Rejects if Redis is away. */
export async function reportPod(redis: Commands, keys: Keys, report: PodReport): Promise<boolean> {
  const { pod, bootId, url, connections, capacity, lagMs, isDraining, isShedding, revision, arrivals } = report
  const state = [url, connections, capacity, lagMs, isDraining ? 1 : 0]
  const fixed = [pod, bootId, ...state, recordTtlMs, keys.podPending, revision, isShedding ? 1 : 0]
  return (await runScript(redis, reportScript, keysOf(keys, pod), [...fixed, ...arrivals])) === 1
}

/** Forgets the pod, unless a later life of it has taken its place. Rejects if Redis is away. */
export async function removePod(redis: Commands, keys: Keys, { pod, bootId }: PodIdentity): Promise<void> {
  await runScript(redis, removeScript, keysOf(keys, pod), [pod, bootId])
}

const keysOf = (keys: Keys, pod: string) => [keys.pods, keys.podRecord + pod, keys.podPending + pod]

/** A new boot id starts from nothing: neither the reservations nor the age of the pod's former life count. */
const reportScript = luaScript(`
local index, record, pending = KEYS[1], KEYS[2], KEYS[3]
local pod, boot, url, connections, capacity, lag, draining, ttl, pendingPrefix, revision, shedding = unpack(ARGV, 1, 11)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HGET', record, 'boot') ~= boot then
  redis.call('DEL', record, pending)
  redis.call('HSET', record, 'boot', boot, 'since', now)
end
redis.call('HSET', record, 'url', url, 'connections', connections, 'capacity', capacity,
  'lag', lag, 'draining', draining, 'revision', revision, 'shedding', shedding, 'at', now)
redis.call('PEXPIRE', record, ttl)
redis.call('ZADD', index, now, pod)
if #ARGV > 11 then
  for _, other in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    for from = 12, #ARGV, 1000 do
      redis.call('ZREM', pendingPrefix .. other, unpack(ARGV, from, math.min(from + 999, #ARGV)))
    end
  end
end
return redis.call('HEXISTS', record, 'asked')
`)

const removeScript = luaScript(`
local index, record, pending = KEYS[1], KEYS[2], KEYS[3]
local pod, boot = ARGV[1], ARGV[2]
if redis.call('HGET', record, 'boot') == boot then
  redis.call('DEL', record, pending)
  redis.call('ZREM', index, pod)
end
`)
