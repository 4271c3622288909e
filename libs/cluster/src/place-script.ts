import type { DeviceId } from '@fastchat/schema'
import type { Keys } from './keys.ts'
import { maxPods, maxRecordBytes } from './list-pods.ts'
import type { PodStatement } from './pod-seal.ts'
import { luaScript } from './run-script.ts'
import { type Judged, maxAheadMs, staleMs } from './verified-records.ts'

/** Long enough to connect, and short enough to free the places of devices that never connect. */
export const reservationMs = 10_000
/** A pod that is later than this already serves its clients badly. */
export const maxLagMs = 200
/** A pod that joins others gets a growing share of devices, and a full share after this time. */
const slowStartMs = 30_000
/** The share at the start. */
const minShare = 0.1

/** The name, use and capacity of a pod. */
export type DrawnPod = readonly [string, string, string]

export type Scan = {
  /** The script skips records that it does not know, instead of returning them to be checked. */
  readonly isLast: boolean
  /** The device that gets a reserved place. Undefined: reserve nothing. */
  readonly device: DeviceId | undefined
  /** Two random numbers, from 0 up to but not including 1. */
  readonly draws: readonly [number, number]
}

/** Returns the arguments of `placeScript`, without its key. */
export function scanArgs(
  keys: Keys,
  { isLast, device = '' as DeviceId, draws }: Scan,
  judged: ReadonlyMap<string, Judged>,
): (string | number)[] {
  const limits = [staleMs, maxAheadMs, maxLagMs, slowStartMs, minShare, reservationMs]
  const known = [...judged].flatMap(([pod, { mac, verdict }]) => [pod, mac, ...stateOf(verdict)])
  return [keys.podRecord, keys.podPending, ...limits, isLast ? 1 : 0, device, ...draws, ...known]
}

/** Returns a pod's values for the script. A rejected record has none, so it is never chosen. */
function stateOf(verdict: Judged['verdict']): (string | number)[] {
  if (typeof verdict === 'string') return ['', '', '', '', '', '', '', '']
  const { at, connections, capacity, lagMs, upMs, revision, isDraining, isShedding }: PodStatement = verdict
  return [at, connections, capacity, lagMs, upMs, revision, isDraining ? 1 : 0, isShedding ? 1 : 0]
}

/**
 * Chooses among the pods, and returns one of three answers:
 * `changed`: the records that the arguments do not know. Nothing was changed.
 * `pods`, without a device: the pods to draw from.
 * `picked`, with a device: when its reservation ends, and at most two pods, best first.
 * Of a known record it reads only the MAC. It deletes expired pods and reservations.
 */
export const placeScript = luaScript(`
local recordPrefix, pendingPrefix = ARGV[1], ARGV[2]
local staleMs, maxAheadMs, maxLagMs, slowStartMs = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local minShare, reservationMs, isLast, device = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9] == '1', ARGV[10]
local random1, random2 = tonumber(ARGV[11]), tonumber(ARGV[12])
local known = {}
for at = 13, #ARGV, 10 do known[ARGV[at]] = at end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local names, changed, expired, pods = redis.call('ZRANGE', KEYS[1], 0, ${maxPods - 1}), {}, {}, {}
for _, name in ipairs(names) do
  local content, mac = unpack(redis.call('HMGET', recordPrefix .. name, 'content', 'mac'))
  if not content and not mac then
    table.insert(expired, name)
  else
    local at = known[name]
    mac = string.sub(mac or '', 1, 64)
    if at and ARGV[at + 1] == mac then
      if ARGV[at + 2] ~= '' then
        local ageMs = now - tonumber(ARGV[at + 2])
        table.insert(pods, { name = name, connections = tonumber(ARGV[at + 3]), capacity = tonumber(ARGV[at + 4]),
          lag = tonumber(ARGV[at + 5]), age = tonumber(ARGV[at + 6]), revision = ARGV[at + 7], isDraining = ARGV[at + 8] == '1',
          isShedding = ARGV[at + 9] == '1', isFresh = ageMs <= staleMs and ageMs >= -maxAheadMs })
      end
    elseif not isLast then
      table.insert(changed, { name, string.sub(content or '', 1, ${maxRecordBytes}), mac })
    end
  end
end
if #changed > 0 then return { 'changed', now, unpack(changed) } end

for _, name in ipairs(expired) do
  redis.call('ZREM', KEYS[1], name)
  redis.call('DEL', pendingPrefix .. name)
end
local calm, late, ages = {}, {}, {}
for _, pod in ipairs(pods) do
  pod.pending = pendingPrefix .. pod.name
  if device ~= '' then redis.call('ZREM', pod.pending, device) end -- a new request ends the earlier reservation
  redis.call('ZREMRANGEBYSCORE', pod.pending, '-inf', now)
  ages[pod.revision] = math.max(ages[pod.revision] or 0, pod.age)
  pod.used = pod.connections + redis.call('ZCARD', pod.pending)
  if not pod.isDraining and pod.isFresh and pod.used < pod.capacity then
    table.insert(pod.lag <= maxLagMs and calm or late, pod)
  end
end
pods = #calm > 0 and calm or late
local newest
for _, pod in ipairs(pods) do
  if not newest or ages[pod.revision] < ages[newest] then newest = pod.revision end
end
local current, shedding = {}, {}
for _, pod in ipairs(pods) do
  if pod.revision == newest then table.insert(pod.isShedding and shedding or current, pod) end
end
pods = #current > 0 and current or shedding
local oldest = 0
for _, pod in ipairs(pods) do oldest = math.max(oldest, pod.age) end
if oldest >= slowStartMs then
  for _, pod in ipairs(pods) do
    pod.capacity = pod.capacity * math.max(minShare, math.min(1, pod.age / slowStartMs))
  end
end

if device == '' then
  local reply = { 'pods' }
  for _, pod in ipairs(pods) do table.insert(reply, { pod.name, tostring(pod.used), tostring(pod.capacity) }) end
  return reply
end
local expiresAt = now + reservationMs
local reply = { 'picked', expiresAt }
if #pods == 0 then return reply end
local first = math.floor(random1 * #pods) + 1
local best = pods[first]
local other
if #pods > 1 then
  local second = math.floor(random2 * (#pods - 1)) + 1
  if second >= first then second = second + 1 end
  other = pods[second]
  if other.used / other.capacity < best.used / best.capacity then best, other = other, best end
end
redis.call('ZADD', best.pending, expiresAt, device)
redis.call('PEXPIRE', best.pending, reservationMs)
table.insert(reply, best.name)
if other then table.insert(reply, other.name) end
return reply
`)
