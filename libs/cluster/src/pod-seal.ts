import { timingSafeEqual } from 'node:crypto'
import { podNamePattern, toBase64Url } from '@fastchat/schema'
import { hmacSha256 } from './hmac.ts'

const minKeyBytes = 32
/** Labels separate records, orders and packets of the bus, which are all sealed with one key. */
const recordLabel = 'fastchat pod record v1\n'
const drainLabel = 'fastchat pod drain v1\n'

export const podHmacKeyPattern = '^[A-Za-z0-9_-]{43,}$'
export const podHmacKeyForm =
  'At least 32 bytes as base64url, secret, and the same for all chat pods, balancers and the operator’s command'

export type PodIdentity = {
  /** Unique among the running pods. A restarted pod may use its former name. */
  readonly pod: string
  readonly bootId: string
}

/** The contents of a pod's report. */
export type PodStatement = PodIdentity & {
  /** When the pod made it: ms since 1970 by Redis's clock, because clocks of hosts may differ. */
  readonly at: number
  /** Milliseconds since the pod started. */
  readonly upMs: number
  /** The number of connections that the pod is made for. */
  readonly capacity: number
  readonly connections: number
  readonly lagMs: number
  readonly isDraining: boolean
  /** The same as `PodLoad.isShedding`. */
  readonly isShedding: boolean
  /** The deployed revision: see `Pods.pick`. */
  readonly revision: string
}

export type SealedStatement = { readonly content: string; readonly mac: string }

export type PodSeal = {
  seal(statement: PodStatement): SealedStatement
  /** Returns the statement if a pod that knows the key made it about `pod`, or else the reason. */
  open(pod: string, sealed: SealedStatement): PodStatement | 'forged' | 'other_name'
  /** Returns the order that makes the pod with this boot id drain. An operator puts it in Redis. */
  drainOrder(identity: PodIdentity): string
  isDrainOrder(identity: PodIdentity, order: string): boolean
}

/**
 * Seals with HMAC-SHA256 under the key that the pods share and Redis does not know. A MAC covers a
 * label and one JSON array with the values in fixed order, so that no two statements have the same
 * bytes. Throws a TypeError if the key is too short.
 */
export function createPodSeal(key: Uint8Array): PodSeal {
  if (key.byteLength < minKeyBytes) throw new TypeError(`The key of the pods needs ${minKeyBytes} bytes`)
  const hmac = hmacSha256(key)
  const macOf = (label: string, content: string) => toBase64Url(hmac(label, Buffer.from(content)))
  const orderOf = ({ pod, bootId }: PodIdentity) => macOf(drainLabel, JSON.stringify([pod, bootId]))
  return {
    seal(statement) {
      const content = encode(statement)
      return { content, mac: macOf(recordLabel, content) }
    },
    open(pod, { content, mac }) {
      if (!isSame(mac, macOf(recordLabel, content))) return 'forged'
      const statement = decode(content)
      return statement.pod === pod && isPodName(pod) ? statement : 'other_name'
    },
    drainOrder: orderOf,
    isDrainOrder: (identity, order) => isSame(order, orderOf(identity)),
  }
}

export const isPodName = (name: string): boolean => podName.test(name)
const podName = new RegExp(podNamePattern)

function isSame(given: string, own: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(own)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function encode(it: PodStatement): string {
  const load = [it.capacity, it.connections, it.lagMs, it.isDraining, it.isShedding]
  return JSON.stringify([it.pod, it.bootId, it.at, it.upMs, ...load, it.revision])
}

/** Decodes only what `encode` made: its MAC is checked first. */
function decode(content: string): PodStatement {
  const [pod, bootId, at, upMs, capacity, connections, lagMs, isDraining, isShedding, revision] = JSON.parse(
    content,
  ) as [string, string, number, number, number, number, number, boolean, boolean, string]
  return { pod, bootId, at, upMs, capacity, connections, lagMs, isDraining, isShedding, revision }
}
