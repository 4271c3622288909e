import { type ClientFrame, clientFrames, type ErrorCode, isBase64Url, limits, uuidPattern } from '@fastchat/schema'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'

export type FrameType = ClientFrame['t']

/** `id`: of the request, as far as it can be told. */
export type ParsedFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly code: ErrorCode & ('unknown_frame' | 'malformed_frame'); readonly id?: string }

type Check = { Check(value: unknown): boolean }

/**
 * What its handler refuses, so that only this send fails and not the connection: an id of another version, an envelope above
 * the limit. The pattern of bytes would cost a large envelope several times as long as `isBase64Url` does.
 */
const laxSend = Compile(
  Type.Object(
    {
      ...clientFrames.send.properties,
      id: Type.String({ pattern: uuidPattern }),
      envelope: Type.String({ maxLength: limits.maxFrameBytes }),
    },
    { additionalProperties: false },
  ),
)

/** Every frame that a client may send; one that is missing here does not compile. */
const checks: Readonly<Record<FrameType, Check>> = {
  hello: Compile(clientFrames.hello),
  token: Compile(clientFrames.token),
  send: { Check: (value) => laxSend.Check(value) && isBase64Url(value.envelope) },
  fetch: Compile(clientFrames.fetch),
  ack: Compile(clientFrames.ack),
  ping: Compile(clientFrames.ping),
}

const isFrameType = (t: unknown): t is FrameType => typeof t === 'string' && Object.hasOwn(checks, t)

/** Longest id of a request that is worth repeating in an error. */
const maxIdLength = 64

/** Reads one text frame. Never throws, whatever it is given. */
export function parseFrame(text: string): ParsedFrame {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return { ok: false, code: 'malformed_frame' }
  const t = own(value, 't')
  const id = own(value, 'id')
  const named = typeof id === 'string' && id.length > 0 && id.length <= maxIdLength ? { id } : {}
  if (!isFrameType(t)) {
    return { ok: false, code: typeof t === 'string' ? 'unknown_frame' : 'malformed_frame', ...named }
  }
  if (!checks[t].Check(value)) return { ok: false, code: 'malformed_frame', ...named }
  // Holds because the schema of `t` was just checked, and ClientFrame is made of those schemas.
  return { ok: true, frame: value as ClientFrame }
}

function own(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
