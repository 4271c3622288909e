import { formOf, type IdleDevice, IdleDeviceSchema, limits } from '@fastchat/schema'
import { Type } from 'typebox'
import { ServerError } from '../errors.ts'

const details = formOf(Type.Object({ devices: Type.Array(IdleDeviceSchema) }))

/**
 * Returns the devices that a `too_many_devices` error names, the one that was idle longest first.
 * Undefined for other errors; empty when the server names none.
 */
export function idleDevicesOf(error: unknown): readonly IdleDevice[] | undefined {
  if (!(error instanceof ServerError) || error.code !== 'too_many_devices') return undefined
  const given: unknown = error.details
  return details.accepts(given) ? given.devices.slice(0, limits.maxDevicesPerUser) : []
}
