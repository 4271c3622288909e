import { labelKey } from '@fastchat/schema'
import type { OwnDevice } from '../chat/chat.ts'
import { CliError } from '../cli-error.ts'
import { safeName } from '../text/safe-text.ts'
import type { Context } from './context.ts'

/** Lists the devices of this account, oldest first. */
export async function devices({ out, session }: Context): Promise<void> {
  const { chat } = await session()
  const me = await chat.whoami()
  for (const { device, name, createdAt } of await chat.devices()) {
    const isThis = device === me.device
    const mark = isThis ? out.colors.dim(' (this device)') : ''
    const text = `${device} ${safeName(name)}, since ${createdAt.slice(0, 10)}${mark}`
    out.result({ type: 'device', device, name, createdAt, this: isThis }, text)
  }
}

/** Revokes a device. `wanted` is its id, or its name if only one device has that name. */
export async function devicesRevoke({ out, session, password }: Context, wanted: string): Promise<void> {
  const { chat } = await session()
  const { device, name } = find(await chat.devices(), wanted)
  await chat.revokeDevice({ device, password: await password('known') })
  const text = `${safeName(name)} is no longer a device of yours. It reads nothing that is sent from now on`
  out.result({ type: 'device_revoked', device, name }, text)
}

function find(all: readonly OwnDevice[], wanted: string): OwnDevice {
  const found = all.filter(({ device, name }) => device === wanted.toLowerCase() || labelKey(name) === labelKey(wanted))
  const [only] = found
  if (only && found.length === 1) return only
  if (only)
    throw new CliError('ambiguous', 'More than one device has this name: give the id, which fastchat devices shows')
  throw new CliError('unknown_device', 'You have no such device: fastchat devices shows those that you have')
}
