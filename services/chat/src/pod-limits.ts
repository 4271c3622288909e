import type { Rate } from '@fastchat/cluster'
import { limits } from '@fastchat/schema'
import { type Static, Type } from 'typebox'

const perSecond = (value: number, description: string) =>
  Type.Number({ default: value, exclusiveMinimum: 0, description })
const count = (value: number, description: string) => Type.Integer({ default: value, minimum: 1, description })

/**
 * Variables for the limits of a pod. An address is an IPv4 address or an IPv6 /64. Rates of
 * addresses and users hold over all pods, and for each pod alone while Redis is away.
 */
export const limitVariables = {
  SENDS_PER_SECOND: perSecond(limits.sendsPerSecond, 'Messages that one device may send, in the long run'),
  SEND_BURST: count(limits.sendBurst, 'Messages that one device may send at once after a quiet time'),
  USER_SENDS_PER_SECOND: perSecond(limits.userSendsPerSecond, 'Messages that all devices of a user may send together'),
  USER_SEND_BURST: count(limits.userSendBurst, 'The same at once after a quiet time'),
  SIGNALS_PER_SECOND: perSecond(
    limits.signalsPerSecond,
    'Receipts and signs of typing or presence that one device may send, in the long run',
  ),
  SIGNAL_BURST: count(limits.signalBurst, 'The same at once after a quiet time'),
  CONNECTS_PER_SECOND: perSecond(limits.connectsPerSecond, 'WebSockets that one address may open, in the long run'),
  CONNECT_BURST: count(limits.connectBurst, 'WebSockets that one address may open at once after a quiet time'),
  HANDSHAKES_PER_SECOND: perSecond(200, 'WebSocket handshakes that the pod takes from all addresses'),
  WAITING_PER_ADDRESS: count(20, 'WebSockets of one address whose device is not known yet'),
  WAITING_SOCKETS: count(2_000, 'WebSockets whose device is not known yet'),
  ARRIVING_DEVICES: count(
    550,
    'Connected devices that still wait for their missed messages; further devices must retry',
  ),
  REQUESTS_PER_SECOND: perSecond(100, 'REST requests that one address may make, in the long run'),
  REQUEST_BURST: count(3_000, 'REST requests that one address may make at once after a quiet time'),
  CHANGES_PER_SECOND: perSecond(limits.changesPerSecond, 'Conversations, commits and leaves that one user may post'),
  CHANGE_BURST: count(limits.changeBurst, 'The same at once after a quiet time'),
  COMMITS_PER_DAY: count(limits.commitsPerDay, 'Commits and leaves that one user may post within a day'),
  HANDSHAKE_BYTES_PER_DAY: Type.Integer({
    default: limits.handshakeBytesPerDay,
    minimum: limits.maxCommitBytes,
    description: 'Bytes of commits, with what comes with them, and of leaves that one user may post within a day',
  }),
  UPLOADS_PER_SECOND: perSecond(limits.uploadsPerSecond, 'Attachments that one user may upload, in the long run'),
  UPLOAD_BURST: count(limits.uploadBurst, 'Attachments that one user may upload at once after a quiet time'),
  UPLOAD_BYTES_PER_DAY: Type.Integer({
    default: limits.uploadBytesPerDay,
    minimum: limits.maxAttachmentBytes,
    description: 'Bytes of attachments that one user may upload within a day',
  }),
  SHED_SOCKETS_AT_MS: count(200, 'Lag of the event loop above which the pod rejects new WebSockets'),
  SHED_SENDS_AT_MS: count(500, 'Lag of the event loop above which the pod refuses sends'),
  REBALANCE_PERCENT_PER_MINUTE: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 100,
    description: 'Share of its clients that a far fuller pod sends to emptier pods in a minute; 0 turns this off',
  }),
  REBALANCE_ABOVE: Type.Number({
    default: 1.3,
    minimum: 1.1,
    maximum: 10,
    description:
      'Load, in multiples of the mean, above which a pod is far fuller; it stops a third of the way to the mean',
  }),
  REBALANCE_MIN_CONNECTIONS: count(100, 'Connections below which a pod sends no client away'),
  REBALANCE_AFTER_SECONDS: Type.Integer({
    default: 30,
    minimum: 0,
    maximum: 86_400,
    description: 'Age from which a pod is sent clients of fuller pods',
  }),
}

export type LimitVariables = Static<ReturnType<typeof asObject>>

export type PodLimits = ReturnType<typeof podLimits>

const asObject = () => Type.Object(limitVariables)

const secondsPerDay = 24 * 60 * 60

export function podLimits(config: LimitVariables) {
  const rate = (each: number, burst: number): Rate => ({ perSecond: each, burst })
  const perDay = (most: number): Rate => rate(most / secondsPerDay, most)
  return {
    sends: rate(config.SENDS_PER_SECOND, config.SEND_BURST),
    userSends: rate(config.USER_SENDS_PER_SECOND, config.USER_SEND_BURST),
    signals: rate(config.SIGNALS_PER_SECOND, config.SIGNAL_BURST),
    connects: rate(config.CONNECTS_PER_SECOND, config.CONNECT_BURST),
    handshakes: rate(config.HANDSHAKES_PER_SECOND, Math.max(1, config.HANDSHAKES_PER_SECOND)),
    waitingPerAddress: config.WAITING_PER_ADDRESS,
    waitingSockets: config.WAITING_SOCKETS,
    arrivingDevices: config.ARRIVING_DEVICES,
    requests: rate(config.REQUESTS_PER_SECOND, config.REQUEST_BURST),
    changes: rate(config.CHANGES_PER_SECOND, config.CHANGE_BURST),
    commits: perDay(config.COMMITS_PER_DAY),
    handshakeBytes: perDay(config.HANDSHAKE_BYTES_PER_DAY),
    uploads: rate(config.UPLOADS_PER_SECOND, config.UPLOAD_BURST),
    uploadBytes: perDay(config.UPLOAD_BYTES_PER_DAY),
    rebalance: {
      percentPerMinute: config.REBALANCE_PERCENT_PER_MINUTE,
      above: config.REBALANCE_ABOVE,
      minConnections: config.REBALANCE_MIN_CONNECTIONS,
      targetAgeMs: config.REBALANCE_AFTER_SECONDS * 1_000,
    },
    shed: { socketsAtMs: config.SHED_SOCKETS_AT_MS, sendsAtMs: config.SHED_SENDS_AT_MS },
  }
}
