import { type ClientFrame, clientFrames, type ErrorCode, isBase64Url, limits, uuidPattern } from '@fastchat/schema'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'

export type FrameType = ClientFrame['t']

/** A frame, or the reason why it is none. `id` is the id of the request, if it can be read. */
export type ParsedFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly code: ErrorCode & ('unknown_frame' | 'malformed_frame'); readonly id?: string }

type Check = { Check(value: unknown): boolean }

/**
 * Checks a `send` less strictly than its schema. An id of another version or an envelope above the
 * limit passes here, and its handler refuses it: so only this send fails, not the connection. For a
 * large envelope `isBase64Url` is several times faster than the schema's pattern.
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

/** The check for each frame that a client may send. A missing one is a compile error. */
const checks: Readonly<Record<FrameType, Check>> = {
  hello: Compile(clientFrames.hello),
  token: Compile(clientFrames.token),
  send: { Check: (value) => laxSend.Check(value) && isBase64Url(value.envelope) },
  fetch: Compile(clientFrames.fetch),
  ack: Compile(clientFrames.ack),
  ping: Compile(clientFrames.ping),
  signal: Compile(clientFrames.signal),
  signals: Compile(clientFrames.signals),
}

const isFrameType = (t: unknown): t is FrameType => typeof t === 'string' && Object.hasOwn(checks, t)

/** The longest request id that an error repeats. */
const maxIdLength = 64

/** Reads one text frame. Never throws. */
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
  // The cast holds: the schema of `t` was just checked, and ClientFrame is made of these schemas.
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
