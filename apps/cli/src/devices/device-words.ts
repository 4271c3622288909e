import type { SignIn } from '@fastchat/client'
import { safeName } from '../text/safe-text.ts'

/** Returns the lines about a new device of this account, with advice if a stranger signed in. */
export function newDeviceWords({ number, name, kind, createdAt }: SignIn): string {
  const device =
    name === undefined ? 'a device' : `${safeName(name)}${kind === undefined ? '' : ` (${safeName(kind)})`}`
  const time = createdAt === undefined ? '' : `, ${timeOf(new Date(createdAt))}`
  return `New sign-in: ${device}${time}. Not you? fastchat devices rm ${number}, and change your password. Yours? fastchat devices ends this notice`
}

/** The time in words of this machine's time zone, with the date: the notice may be days old. */
function timeOf(at: Date): string {
  if (Number.isNaN(at.getTime())) return 'time unknown'
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`
}
