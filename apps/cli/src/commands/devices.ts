import { labelKey } from '@fastchat/schema'
import type { OwnDevice } from '../chat/chat.ts'
import { CliError } from '../cli-error.ts'
import { safeName } from '../text/safe-text.ts'
import type { Context } from './context.ts'

/** Lists the devices of this account by number. New ones count as seen then. */
export async function devices({ out, session }: Context): Promise<void> {
  const { chat } = await session()
  const me = await chat.whoami()
  const all = await chat.devices()
  for (const one of all) {
    const { device, number, name, kind, createdAt, usedAt, session: state, saidBy, isNew } = one
    const isThis = device === me.device
    const object = { type: 'device', device, number, name, kind, createdAt, usedAt, session: state, nameBy: saidBy }
    const marks = [
      ...(isThis ? ['this device'] : []),
      ...stateWords(state),
      ...(saidBy === 'server' ? ['only the server says this name'] : []),
    ]
    const mark = marks.length === 0 ? '' : out.colors.dim(` (${marks.join(', ')})`)
    const news = isNew ? out.colors.red(' NEW') : ''
    out.result(
      { ...object, this: isThis, new: isNew },
      `${number}. ${lineOf(one)}${mark}${news} ${out.colors.dim(device)}`,
    )
  }
  await chat.devicesLooked({ devices: all.map(({ device }) => device) })
}

const lineOf = ({ name, kind, createdAt, usedAt }: OwnDevice): string =>
  [
    `${safeName(name)}${kind === undefined ? '' : `, ${safeName(kind)}`}`,
    `since ${createdAt.slice(0, 10)}`,
    ...(usedAt === undefined ? [] : [`last used ${usedAt.slice(0, 16).replace('T', ' ')} UTC`]),
  ].join(', ')

function stateWords(state: string | undefined): readonly string[] {
  if (state === 'idle') return ['signed out, since nobody used it']
  return state === 'ended' ? ['signed out'] : []
}

/** Names a device. `wanted` is as in `devicesRevoke`. */
export async function devicesRename({ out, session }: Context, wanted: string, written: string): Promise<void> {
  const { chat } = await session()
  const { device, name: former } = findDevice(await chat.devices(), wanted)
  await chat.renameDevice({ device, name: written })
  const { name = written } = (await chat.devices()).find((one) => one.device === device) ?? {}
  out.result({ type: 'device_renamed', device, name }, `${safeName(former)} is named ${safeName(name)} now`)
}

/**
 * Revokes a device. `wanted` is its number or id, or its name if only one device has that name.
 */
export async function devicesRevoke({ out, session, password }: Context, wanted: string): Promise<void> {
  const { chat } = await session()
  const { device, name } = findDevice(await chat.devices(), wanted)
  await chat.revokeDevice({ device, password: await password('known') })
  const text = `${safeName(name)} is no longer a device of yours. It reads nothing that is sent from now on`
  out.result({ type: 'device_revoked', device, name }, text)
}

/** Returns the device of this number or id, or of this name if only one has it. */
export function findDevice(all: readonly OwnDevice[], wanted: string): OwnDevice {
  const byNumber = /^\d{1,6}$/.test(wanted) ? all.find(({ number }) => number === Number(wanted)) : undefined
  if (byNumber) return byNumber
  const found = all.filter(({ device, name }) => device === wanted.toLowerCase() || labelKey(name) === labelKey(wanted))
  const [only] = found
  if (only && found.length === 1) return only
  if (only)
    throw new CliError('ambiguous', 'More than one device has this name: give the number, which fastchat devices shows')
  throw new CliError('unknown_device', 'You have no such device: fastchat devices shows those that you have')
}
