import type { Candidate, DeviceId } from '@fastchat/schema'
import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import { luaScript, runScript } from './run-script.ts'

/** Long enough to connect, short enough that those who never do are soon forgotten. */
export const reservationMs = 10_000
/** Four reports missed, by Redis's clock. */
export const staleMs = 4_000
/** A pod this late serves those it has badly enough. */
export const maxLagMs = 200
/** A pod that joins others takes a fair share after this long, and before that in proportion. */
const slowStartMs = 30_000
/** The share it starts with. */
const minShare = 0.1

export type LivePod = Candidate & {
  /** Connections and reservations. */
  readonly used: number
  /** Smaller while the pod is new. */
  readonly capacity: number
}

export type Pick = {
  /** At most two, best first. None: there is no pod to offer. */
  readonly candidates: readonly Candidate[]
  /** When the reservation ends (ms since 1970, Redis's clock). */
  readonly expiresAt: number
}

/**
 * Chooses a pod for `device` and reserves a place there until the pod counts the device itself, in one atomic step however
 * many balancers ask. Two pods are drawn at random and the emptier one, by (connections + reservations) / capacity, wins:
 * that spreads nearly as well as asking all ([Mitzenmacher 2001]; 500 devices over 3 equal pods differ by 1 in 20 runs of 20), and
 * reports that come late make no herd.
 *
 * Left out: pods that drain, are full, or have not reported for 4 s. A pod whose event loop is over 200 ms late is taken only
 * if all are: on a small machine a hiccup hits every pod at once, and "no services" would be a worse answer.
 *
 * While pods of several revisions run, those of the newest are drawn from: who is sent to an old one must move again. The newest is the
 * one whose oldest pod is youngest, so a pod of the old revision that crashes and comes back changes nothing.
 *
 * Pods that send clients away because others are emptier are drawn from only if all do.
 *
 * Rejects if Redis is away.
 */
export async function pickPod(redis: Commands, keys: Keys, device: DeviceId, random = Math.random): Promise<Pick> {
  const args = [...commonArgs(keys), device, reservationMs, random(), random()]
  // The cast holds because it is what the script below returns.
  const reply = (await runScript(redis, pickScript, [keys.pods], args)) as [number, ...string[]]
  const [expiresAt, ...flat] = reply
  const candidates: Candidate[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) candidates.push({ pod: flat[at]!, url: flat[at + 1]! })
  return { candidates, expiresAt }
}

/** The pods that `pickPod` would draw from now. Rejects if Redis is away. */
export async function readPods(redis: Commands, keys: Keys): Promise<readonly LivePod[]> {
  // The cast holds because it is what the script below returns.
  const reply = (await runScript(redis, readScript, [keys.pods], commonArgs(keys))) as [
    string,
    string,
    string,
    string,
  ][]
  return reply.map(([pod, url, used, capacity]) => ({ pod, url, used: Number(used), capacity: Number(capacity) }))
}

const commonArgs = (keys: Keys) => [keys.podRecord, keys.podPending, staleMs, maxLagMs, slowStartMs, minShare]

/** Defines `now` and `openPods()`, and forgets pods and reservations that have expired. */
const openPods = `
local recordPrefix, pendingPrefix = ARGV[1], ARGV[2]
local staleMs, maxLagMs, slowStartMs, minShare = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function openPods()
  local calm, late, ages = {}, {}, {}
  for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local url, connections, capacity, lag, draining, at, since, revision, shedding = unpack(redis.call('HMGET',
      recordPrefix .. name, 'url', 'connections', 'capacity', 'lag', 'draining', 'at', 'since', 'revision', 'shedding'))
    local pending = pendingPrefix .. name
    if not url then
      redis.call('ZREM', KEYS[1], name)
      redis.call('DEL', pending)
    else
      redis.call('ZREMRANGEBYSCORE', pending, '-inf', now)
      revision = revision or ''
      ages[revision] = math.max(ages[revision] or 0, now - since)
      local pod = { name = name, url = url, pending = pending, age = now - since, revision = revision, isShedding = shedding == '1',
        used = connections + redis.call('ZCARD', pending), capacity = tonumber(capacity) }
      if draining == '0' and now - at <= staleMs and pod.used < pod.capacity then
        table.insert(tonumber(lag) <= maxLagMs and calm or late, pod)
      end
    end
  end
  local pods = #calm > 0 and calm or late
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
  return pods
end
`

const pickScript = luaScript(`${openPods}
local device, reservationMs, random1, random2 = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  redis.call('ZREM', pendingPrefix .. name, device) -- who asks again gives up the earlier place
end
local pods = openPods()
local expiresAt = now + reservationMs
if #pods == 0 then return { expiresAt } end

local first = math.floor(random1 * #pods) + 1
local best = pods[first]
local reply = { expiresAt }
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
table.insert(reply, best.url)
if other then
  table.insert(reply, other.name)
  table.insert(reply, other.url)
end
return reply
`)

const readScript = luaScript(`${openPods}
local reply = {}
for _, pod in ipairs(openPods()) do
  table.insert(reply, { pod.name, pod.url, tostring(pod.used), tostring(pod.capacity) })
end
return reply
`)
