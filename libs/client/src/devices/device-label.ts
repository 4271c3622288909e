import { type LabelContext, openDeviceLabel, sealDeviceLabel } from '@fastchat/crypto'
import { type DeviceLabel, DeviceLabelSchema, formOf, fromBase64Url, labelOf, toBase64Url } from '@fastchat/schema'

const form = formOf(DeviceLabelSchema)
const [encoder, decoder] = [new TextEncoder(), new TextDecoder('utf-8', { fatal: true })]

/** Seals name and kind of a device for the account's other devices, as base64url. */
export async function sealLabel(context: LabelContext, { name, kind }: Omit<DeviceLabel, 'v'>): Promise<string> {
  const text = JSON.stringify({ v: 1, name, ...(kind !== undefined && { kind }) })
  return toBase64Url(await sealDeviceLabel(context, encoder.encode(text)))
}

/** Returns what a device of the account has sealed. Undefined for anything else. Never throws. */
export async function openLabel(context: LabelContext, sealed: string): Promise<DeviceLabel | undefined> {
  try {
    const bytes = await openDeviceLabel(context, fromBase64Url(sealed))
    const label: unknown = form.clean(JSON.parse(decoder.decode(bytes)))
    return form.accepts(label) && labelOf(label.name) === label.name ? label : undefined
  } catch {
    return undefined
  }
}
