import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import { luaScript, runScript } from './run-script.ts'

/** A pod as it last told of itself, for an operator's eyes. */
export type ReportedPod = {
  readonly pod: string
  readonly url: string
  readonly connections: number
  /** Reservations of devices that have not come yet. */
  readonly pending: number
  readonly capacity: number
  /** How late the event loop was, 99th percentile of a second. */
  readonly lagMs: number
  readonly isDraining: boolean
  /** Of what is deployed; see `pickPod`. */
  readonly revision: string
  /** Since it was started, as far as Redis remembers. */
  readonly upMs: number
  /** Since its last report. */
  readonly ageMs: number
}

/** Every pod that has reported within 5 s, drained ones included, by name. Rejects if Redis is away. */
export async function listPods(redis: Commands, keys: Keys): Promise<readonly ReportedPod[]> {
  // The cast holds because it is what the script below returns.
  const reply = (await runScript(redis, listScript, [keys.pods], [keys.podRecord, keys.podPending])) as string[][]
  const pods = reply.map(([pod = '', url = '', revision = '', ...rest]) => {
    const [connections = 0, pending = 0, capacity = 0, lagMs = 0, draining = 0, upMs = 0, ageMs = 0] = rest.map(Number)
    return { pod, url, revision, connections, pending, capacity, lagMs, isDraining: draining === 1, upMs, ageMs }
  })
  return pods.sort((a, b) => (a.pod < b.pod ? -1 : 1))
}

/**
 * Asks the present life of a pod to send its clients elsewhere; it sees that with its next report, within about a second. `false`:
 * there is no such pod. Rejects if Redis is away.
 */
export async function askToDrain(redis: Commands, keys: Keys, pod: string): Promise<boolean> {
  return (await runScript(redis, askScript, [keys.podRecord + pod], [])) === 1
}

const listScript = luaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local url, revision, connections, capacity, lag, draining, at, since = unpack(redis.call('HMGET', ARGV[1] .. name,
    'url', 'revision', 'connections', 'capacity', 'lag', 'draining', 'at', 'since'))
  if url then
    local pending = redis.call('ZCOUNT', ARGV[2] .. name, now, '+inf')
    table.insert(reply, { name, url, revision or '', connections, tostring(pending), capacity, lag, draining,
      tostring(now - since), tostring(now - at) })
  end
end
return reply
`)

const askScript = luaScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'asked', 1)
return 1
`)
