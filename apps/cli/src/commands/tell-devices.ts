import { idleDevicesOf } from '@fastchat/client'
import { limits } from '@fastchat/schema'
import { CliError } from '../cli-error.ts'
import { safeName } from '../text/safe-text.ts'
import type { Context } from './context.ts'

/**
 * Shows the devices of an account that has as many as it may have. The one that was idle longest
 * comes first. Returns the error with what to do, and any other error as it is.
 */
export function tellDevices({ out }: Pick<Context, 'out'>, username: string, error: unknown): unknown {
  const devices = idleDevicesOf(error)
  if (devices === undefined) return error
  for (const { deviceId: device, name, usedAt } of devices) {
    const text = `${device} ${safeName(name)}, last used ${usedAt.slice(0, 10)}`
    out.result({ type: 'device', device, name, usedAt }, text)
  }
  const idlest = devices[0]?.deviceId ?? 'DEVICE'
  const message = `This account has ${limits.maxDevicesPerUser} devices, and may have no more. End one that you no longer use, such as the one that was idle longest: fastchat login ${username} --end ${idlest}`
  return new CliError('too_many_devices', message, 1, { cause: error })
}
