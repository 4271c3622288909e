import { createECDH } from 'node:crypto'
import { fromCheckedBase64Url, toBase64Url } from '@fastchat/service'
import { type Static, Type } from 'typebox'

/** The push services of Chrome and its relatives, Firefox, Safari and Edge. */
const knownHosts = 'fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com'

/** Variables for pushes to closed browsers. */
export const pushVariables = {
  PUSH_KEY: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{43}$',
      description: 'Private VAPID key: 32 bytes as base64url. Without it, closed browsers are not woken',
    }),
  ),
  PUSH_CONTACT: Type.String({
    default: 'mailto:operator@example.org',
    pattern: '^(mailto:|https://)',
    description: 'Where a push service reaches the operator, as mailto: or https:. Apple refuses made-up ones',
  }),
  PUSH_HOSTS: Type.String({
    default: knownHosts,
    description: 'Hosts of push services, comma-separated; `*.` begins a name with any part before it; `*`: any',
  }),
  PUSH_PRIVATE_HOSTS: Type.String({
    default: '',
    description: 'Hosts of push services in your own network, comma-separated: only these may have private addresses',
  }),
  PUSH_CA: Type.Optional(
    Type.String({ description: 'PEM: the only certificates that may sign those of the push services' }),
  ),
  PUSH_AFTER_SECONDS: Type.Number({
    default: 4,
    minimum: 0.1,
    description: 'Time in which a device must have fetched a message; else it is woken, at the latest after twice that',
  }),
  PUSH_EVERY_SECONDS: Type.Number({
    default: 30,
    minimum: 0.1,
    description: 'Least time between two pushes to a device',
  }),
}

export type PushSettings = {
  readonly publicKey: string
  readonly privateKey: string
  readonly contact: string
  readonly hosts: readonly string[]
  readonly privateHosts: readonly string[]
  readonly ca: string | undefined
  readonly afterMs: number
  readonly everyMs: number
}

const asObject = () => Type.Object(pushVariables)

/** Returns how devices are woken, or undefined if they are not. */
export function pushSettings(config: Static<ReturnType<typeof asObject>>): PushSettings | undefined {
  const { PUSH_KEY: privateKey, PUSH_CONTACT: contact, PUSH_CA: ca } = config
  if (privateKey === undefined) return undefined
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(fromCheckedBase64Url(privateKey))
  return {
    ...{ privateKey, publicKey: toBase64Url(pair.getPublicKey()), contact, ca },
    hosts: listOf(config.PUSH_HOSTS),
    privateHosts: listOf(config.PUSH_PRIVATE_HOSTS),
    afterMs: config.PUSH_AFTER_SECONDS * 1_000,
    everyMs: config.PUSH_EVERY_SECONDS * 1_000,
  }
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '')
