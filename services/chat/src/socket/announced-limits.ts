import { limits } from '@fastchat/schema'
import type { Rate } from '@fastchat/service/token-bucket'
import type { PodLimits } from '../pod-limits.ts'

/** Returns the limits that this pod announces in `ready`. */
export const announcedLimits = (pod: PodLimits): Record<string, number> => ({
  ...limits,
  ...ratesOf('send', pod.sends),
  ...ratesOf('userSend', pod.userSends),
  ...ratesOf('signal', pod.signals),
  ...ratesOf('connect', pod.connects),
  ...ratesOf('change', pod.changes),
  ...ratesOf('upload', pod.uploads),
  commitsPerDay: pod.commits.burst,
  handshakeBytesPerDay: pod.handshakeBytes.burst,
  uploadBytesPerDay: pod.uploadBytes.burst,
})

const ratesOf = (name: string, { perSecond, burst }: Rate) => ({
  [`${name}sPerSecond`]: Math.max(1, Math.floor(perSecond)),
  [`${name}Burst`]: burst,
})
