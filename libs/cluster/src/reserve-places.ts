import type { DeviceId } from '@fastchat/schema'
import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import { reservationMs } from './place-script.ts'
import { luaScript, runScript } from './run-script.ts'

export type ReservedPlace = { readonly pod: string; readonly device: DeviceId }

/**
 * Reserves places on pods for devices that were told to connect there, as `Pods.pick` does. A
 * reservation ends when the pod counts the device itself, or after `reservationMs`. Rejects if
 * Redis is down.
 */
export async function reservePlaces(redis: Commands, keys: Keys, places: readonly ReservedPlace[]): Promise<void> {
  const flat = places.flatMap(({ pod, device }) => [pod, device])
  await runScript(redis, reserveScript, [keys.pods], [keys.podPending, reservationMs, ...flat])
}

const reserveScript = luaScript(`
local pendingPrefix, reservationMs = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local expiresAt = time[1] * 1000 + math.floor(time[2] / 1000) + reservationMs
for at = 3, #ARGV, 2 do
  local pending = pendingPrefix .. ARGV[at]
  redis.call('ZADD', pending, expiresAt, ARGV[at + 1])
  redis.call('PEXPIRE', pending, reservationMs)
end
`)
