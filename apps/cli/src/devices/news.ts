import type { EndedDevice, PasswordChange, SignIn } from '@fastchat/client'
import type { DeviceId } from '@fastchat/schema'
import { safeName } from '../text/safe-text.ts'

type Named = { readonly device: DeviceId; readonly number: number; readonly name?: string; readonly kind?: string }

/** Something that happened to one's own account, as `--json` prints it. */
export type News =
  /** A device has signed in; `createdAt` is the server's time. */
  | (Named & { readonly type: 'new_device'; readonly createdAt?: string })
  /** A device was taken out of the chats, because nobody used it. */
  | (Named & { readonly type: 'device_ended' })
  /** The password was set on another device, or by somebody else. */
  | { readonly type: 'password_set'; readonly by: PasswordChange['by'] }

/** News with its words. Loud news may mean that somebody else has the account. */
export type TellableNews = {
  readonly type: 'news'
  readonly news: News
  readonly message: string
  readonly isLoud: boolean
}

const yours = 'Yours? fastchat devices ends this notice'

/** Tells a new device of one's own account, with what to do if it is somebody else's. */
export function newDeviceNews(signIn: SignIn): TellableNews {
  const { number, createdAt } = signIn
  const time = createdAt === undefined ? '' : `, ${timeOf(new Date(createdAt))}`
  const message = `New sign-in: ${nameOf(signIn)}${time}. Not you? fastchat devices rm ${number}, and change your password. ${yours}`
  const news: News = { type: 'new_device', ...named(signIn), ...(createdAt !== undefined && { createdAt }) }
  return { type: 'news', news, message, isLoud: true }
}

/** Tells a device that was ended because nobody used it. */
export function endedDeviceNews(ended: EndedDevice): TellableNews {
  const message = `Your device ${nameOf(ended)} was signed out after 45 days without use, and reads no new messages. To use it again: fastchat login on that device. To remove it for ever: fastchat devices rm ${ended.number}`
  return { type: 'news', news: { type: 'device_ended', ...named(ended) }, message, isLoud: false }
}

/** Tells that the account has another password, with what to do if it was somebody else. */
export function passwordNews({ by }: PasswordChange): TellableNews {
  const news: News = { type: 'password_set', by }
  if (by === 'password') {
    const message = `The password was changed on another device. Not you? fastchat recovery reset NAME, with your recovery key. ${yours}`
    return { type: 'news', news, message, isLoud: true }
  }
  const message = `The password was reset with the recovery key. Not you? Somebody has that key: fastchat recovery reset NAME --end-others, then fastchat recovery new. ${yours}`
  return { type: 'news', news, message, isLoud: true }
}

const nameOf = ({ name, kind }: Pick<SignIn, 'name' | 'kind'>): string =>
  name === undefined ? 'a device' : `${safeName(name)}${kind === undefined ? '' : ` (${safeName(kind)})`}`

const named = ({ deviceId: device, number, name, kind }: SignIn | EndedDevice): Named => ({
  device,
  number,
  ...(name !== undefined && { name }),
  ...(kind !== undefined && { kind }),
})

/** The time in words of this machine's time zone, with the date: the notice may be days old. */
function timeOf(at: Date): string {
  if (Number.isNaN(at.getTime())) return 'time unknown'
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`
}
