import type { ClientFrames } from '@fastchat/schema'
import { AppError, type DeviceActor, type Slots } from '@fastchat/service'
import type { Connection } from './connection.ts'
import { type Hello, OpenDevice, type OpenDeviceDeps } from './open-device.ts'

/** Opens the device that a `hello` names. */
export type DeviceOpener = (connection: Connection, frame: ClientFrames['hello']) => Promise<OpenDevice>

export type DeviceOpenerDeps = OpenDeviceDeps & {
  readonly verify: (token: string) => Promise<DeviceActor>
  /** Slots for devices that do not know yet what they have missed. */
  readonly arrivals: Pick<Slots, 'take'>
}

/** About the time that some hundreds of arriving devices take. */
const arrivalsRetryMs = 3_000

/**
 * Creates an opener, which checks the token and looks up its device.
 *
 * @throws AppError from the opener: `unauthorized`, `token_expired`, `busy`, or an outage
 */
export function createDeviceOpener({ verify, arrivals, ...deps }: DeviceOpenerDeps): DeviceOpener {
  return async (connection, frame) => {
    const caller = await verify(frame.token)
    const release = arrivals.take()
    if (release === undefined) throw new AppError('busy', { reason: 'arrivals' }, { retryMs: arrivalsRetryMs })
    try {
      const arrival = await deps.presence.registry.arrive(caller)
      if (arrival === undefined) throw new AppError('unauthorized')
      // The casts hold, since the frame's schema checks the keys.
      const cursors = new Map(Object.entries(frame.cursors ?? {})) as ReadonlyMap<string, number> as Hello['cursors']
      return new OpenDevice(deps, connection, arrival, { caller, tokenEndsAt: caller.expiresAt, cursors, release })
    } catch (error) {
      release()
      throw error
    }
  }
}
