import { type Static, type TSchema, Type } from 'typebox'
import { CandidateSchema } from './balancer.ts'
import { logEntryFields } from './chat.ts'
import { type ErrorCode, ErrorCodeSchema } from './errors.ts'
import {
  AttachmentIdSchema,
  Bytes,
  type ConversationId,
  ConversationIdSchema,
  CursorSchema,
  DeviceIdSchema,
  EpochSchema,
  GroupNoSchema,
  KindSchema,
  MessageIdSchema,
  type Seq,
  SeqSchema,
  uuidPattern,
} from './ids.ts'
import { limits } from './limits.ts'
import { closed, open } from './objects.ts'

/** WebSocket subprotocol (RFC 6455 §1.9) of this version. */
export const subprotocol = 'fastchat.v1'

/** Sent by a client: unknown fields are rejected. */
const clientFrame = <const T extends string, P extends Record<string, TSchema>>(t: T, fields: P, description: string) =>
  closed(t, { t: Type.Literal(t), ...fields }, { description })

/** Sent by a pod: clients ignore fields that they do not know. */
const serverFrame = <const T extends string, P extends Record<string, TSchema>>(t: T, fields: P, description: string) =>
  open(t, { t: Type.Literal(t), ...fields }, { description })

/** Correlates a request with its `ok` or `error`; chosen by the client. */
const RequestId = Type.String({ minLength: 1, maxLength: 64 })
const Token = Type.String({ minLength: 1, maxLength: 4096, description: 'Access token' })

export const clientFrames = {
  hello: clientFrame(
    'hello',
    {
      id: RequestId,
      token: Token,
      cursors: Type.Optional(
        // A branded key is not one that Type.Record sees through: it would check nothing.
        Type.Unsafe<Record<ConversationId, Seq>>(
          Type.Record(Type.String({ pattern: uuidPattern }), CursorSchema, {
            additionalProperties: false,
            maxProperties: limits.maxCursors,
            description: "Where to go on, by conversation; the server's own cursors serve the others",
          }),
        ),
      ),
    },
    'First frame of a connection; answered by `ready`, then by what was missed, then by `synced`',
  ),
  token: clientFrame(
    'token',
    { id: RequestId, token: Token },
    'A fresh access token of the same device, before the old one expires',
  ),
  send: clientFrame(
    'send',
    {
      id: MessageIdSchema,
      conversation: ConversationIdSchema,
      groupNo: GroupNoSchema,
      epoch: EpochSchema,
      envelope: Bytes(limits.maxEnvelopeBytes, 'MLSMessage with a PrivateMessage of exactly this epoch'),
      attachments: Type.Optional(
        Type.Array(AttachmentIdSchema, { maxItems: limits.maxAttachmentsPerSend, uniqueItems: true }),
      ),
      first: Type.Optional(
        Type.Boolean({
          description:
            'Starts the line of this conversation again. After any refused send the connection refuses the later ones with out_of_line until one comes with `first: true`, so nothing overtakes',
        }),
      ),
    },
    'Store and deliver; `ok` means that it is stored. Send the same bytes with the same id again until answered',
  ),
  fetch: clientFrame(
    'fetch',
    { id: RequestId, conversation: ConversationIdSchema, after: CursorSchema },
    'Deliver again from a position; answered by `ok`, then by the messages',
  ),
  ack: clientFrame(
    'ack',
    { conversation: ConversationIdSchema, seq: SeqSchema },
    'Everything up to `seq` is safe on the device; not answered',
  ),
  ping: clientFrame('ping', { id: RequestId }, 'Answered by `ok`'),
} as const

export const serverFrames = {
  ready: serverFrame(
    'ready',
    {
      id: RequestId,
      pod: Type.String(),
      device: DeviceIdSchema,
      dbEpoch: Type.String({ description: 'Changes when the database was restored: send again what was acked lately' }),
      now: Type.Integer({ description: "The server's clock, milliseconds since 1970" }),
      limits: Type.Record(Type.String(), Type.Integer(), { description: 'The limits in force' }),
    },
    'The connection is authenticated',
  ),
  ok: serverFrame(
    'ok',
    {
      id: RequestId,
      seq: Type.Optional(SeqSchema),
      at: Type.Optional(Type.Integer()),
      duplicate: Type.Optional(Type.Boolean({ description: 'It was stored before; `seq` is the original' })),
    },
    'Done',
  ),
  error: serverFrame(
    'error',
    {
      id: Type.Optional(RequestId),
      code: ErrorCodeSchema,
      message: Type.String(),
      details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      retryMs: Type.Optional(Type.Integer({ minimum: 0, description: 'When to try again' })),
    },
    'Not done. After `busy` a send may have been stored all the same: send it again',
  ),
  message: serverFrame('message', logEntryFields, 'The next entry of a conversation’s log'),
  welcome: serverFrame(
    'welcome',
    {
      conversation: ConversationIdSchema,
      kind: KindSchema,
      groupNo: GroupNoSchema,
      seq: SeqSchema,
      join: Type.Union([Type.Literal('welcome'), Type.Literal('external')], {
        description: 'Fetch the welcome, or join by an external commit',
      }),
    },
    'The user belongs to a conversation that the device may join',
  ),
  gap: serverFrame(
    'gap',
    {
      conversation: ConversationIdSchema,
      from: SeqSchema,
      to: SeqSchema,
      reason: Type.Union([Type.Literal('retention'), Type.Literal('restore')]),
    },
    'This range is gone from the server',
  ),
  synced: serverFrame('synced', {}, 'All that was missed has been delivered'),
  reconnect: serverFrame(
    'reconnect',
    { afterMs: Type.Integer({ minimum: 0 }), candidates: Type.Array(CandidateSchema) },
    'This pod is about to restart, or others have more room: connect elsewhere after the pause',
  ),
} as const

/** What each frame of a client is answered with, under the same `id`. */
export const replies = {
  hello: ['ready', 'error'],
  token: ['ok', 'error'],
  send: ['ok', 'error'],
  fetch: ['ok', 'error'],
  ack: [],
  ping: ['ok'],
} as const satisfies Record<keyof typeof clientFrames, readonly (keyof typeof serverFrames)[]>

/**
 * Codes that each frame of a client may be answered with in an `error` under the same `id`. A frame of a connection that has not said
 * hello, or is about to end, may be answered with those of `connectionErrors` instead.
 */
export const frameErrors = {
  hello: ['bad_request', 'unauthorized', 'token_expired', 'internal', 'busy'],
  token: ['unauthorized', 'forbidden', 'token_expired', 'rate_limited', 'internal', 'busy'],
  send: [
    'bad_request',
    'conflict',
    'id_expired',
    'not_found',
    'stale_epoch',
    'commit_first',
    'out_of_line',
    'attachment_unknown',
    'malformed_handshake',
    'too_large',
    'rate_limited',
    'internal',
    'busy',
  ],
  fetch: ['not_found', 'rate_limited', 'internal', 'busy'],
  ack: [],
  ping: [],
} as const satisfies Record<keyof typeof clientFrames, readonly ErrorCode[]>

/** Codes of an `error` about the connection or a frame that could not be read: unasked, or under the id of that frame. */
export const connectionErrors = [
  'unknown_frame',
  'malformed_frame',
  'hello_first',
  'hello_timeout',
  'token_expired',
  'rate_limited',
] as const satisfies readonly ErrorCode[]

/** What a frame of this type may be refused with. */
export type FrameError<T extends keyof typeof frameErrors> = (typeof frameErrors)[T][number]

type Frames<T extends Record<string, TSchema>> = { readonly [K in keyof T]: Static<T[K]> }
export type ClientFrames = Frames<typeof clientFrames>
export type ServerFrames = Frames<typeof serverFrames>
export type ClientFrame = ClientFrames[keyof ClientFrames]
export type ServerFrame = ServerFrames[keyof ServerFrames]
