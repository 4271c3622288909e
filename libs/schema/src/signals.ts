import { type Static, type TProperties, Type } from 'typebox'
import { Bytes, ConversationIdSchema, DeviceIdSchema, EpochSchema, GroupNoSchema } from './ids.ts'
import { limits } from './limits.ts'

const signalFields = {
  conversation: ConversationIdSchema,
  groupNo: GroupNoSchema,
  epoch: EpochSchema,
  body: Bytes(limits.maxSignalBytes, 'Sealed under the signal key of this epoch; see encodings.md'),
}

/** The fields of the client's frame `signal`. */
export const sentSignalFields = {
  ...signalFields,
  keep: Type.Optional(
    Type.Literal(true, {
      description: 'Keep it in place of the last one of this device and conversation, for devices that are offline',
    }),
  ),
} as const

/** The fields of a pod's frame `signaled`. */
export const signaledFields = { ...signalFields, device: DeviceIdSchema } as const

/** The start of the kept signals that a client asks for. */
export const SignalsSinceSchema = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "`at` of the last answer, by the server's clock; 0 for all",
})

const content = <const K extends string, P extends TProperties>(kind: K, description: string, fields: P) =>
  Type.Object(
    {
      v: Type.Literal(1),
      n: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Grows with each signal' }),
      kind: Type.Literal(kind),
      ...fields,
    },
    { title: kind, description },
  )

/**
 * The contents of a signal. They exist only inside the encryption. Readers ignore unknown fields
 * and unknown kinds.
 */
export const signalContents = {
  receipt: content('receipt', 'How far the device has the log', {
    from: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The first position that the device could read',
    }),
    delivered: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'It has stored all up to here',
    }),
    read: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Its user has read all up to here',
    }),
  }),
  typing: content('typing', 'The user types', { isOn: Type.Boolean() }),
  who: content('who', 'Asks the devices of the conversation whether they are here', {}),
  presence: content('presence', 'The device is here, or ends', { isHere: Type.Boolean() }),
} as const

type Contents = { readonly [K in keyof typeof signalContents]: Static<(typeof signalContents)[K]> }
export type SignalKind = keyof Contents
export type SignalContent = Contents[SignalKind]
/** The content of a signal before it has its number. */
export type SignalBody = { readonly [K in SignalKind]: Omit<Contents[K], 'v' | 'n'> }[SignalKind]

/**
 * The most members of a chat with signals. In a larger one the cost of each message would grow with
 * the square of its members.
 */
export const maxSignalMembers = 50
