import { type Static, type TSchema, Type } from 'typebox'
import { AccountPartSchema } from './account-push.ts'
import { CandidateSchema } from './balancer.ts'
import { logEntryFields } from './chat/log-entry.ts'
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
import { SignalsSinceSchema, sentSignalFields, signaledFields } from './signals.ts'

/** WebSocket subprotocol (RFC 6455 §1.9) of this version. */
export const subprotocol = 'fastchat.v1'

/** Describes a frame of a client. The server rejects unknown fields. */
const clientFrame = <const T extends string, P extends Record<string, TSchema>>(t: T, fields: P, description: string) =>
  closed(t, { t: Type.Literal(t), ...fields }, { description })

/** Describes a frame of a pod. Clients ignore unknown fields. */
const serverFrame = <const T extends string, P extends Record<string, TSchema>>(t: T, fields: P, description: string) =>
  open(t, { t: Type.Literal(t), ...fields }, { description })

/** The client chooses the id of a request. The `ok` or `error` that answers it has the same id. */
const RequestId = Type.String({ minLength: 1, maxLength: 64 })
const Token = Type.String({ minLength: 1, maxLength: 4096, description: 'Access token' })

export const clientFrames = {
  hello: clientFrame(
    'hello',
    {
      id: RequestId,
      token: Token,
      cursors: Type.Optional(
        // Plain strings as keys: for a branded key Type.Record makes a schema that checks nothing.
        Type.Unsafe<Record<ConversationId, Seq>>(
          Type.Record(Type.String({ pattern: uuidPattern }), CursorSchema, {
            additionalProperties: false,
            maxProperties: limits.maxCursors,
            description: "Last position read, by conversation; the server's own cursors serve the others",
          }),
        ),
      ),
    },
    'First frame of a connection; answered by `ready`, then the missed entries, then `synced`',
  ),
  token: clientFrame(
    'token',
    { id: RequestId, token: Token },
    'A new access token of the same device, sent before the old one expires',
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
            'Reopens the conversation after a rejected send. After any rejected send the connection rejects all later sends to that conversation with out_of_line, until one has `first: true`. So no message overtakes an earlier one',
        }),
      ),
      asReader: Type.Optional(
        Type.Boolean({
          description:
            'In a group where only admins write: the message is one that other members may send, a reaction or the deletion of an own message. Clients check that, and hide others',
        }),
      ),
    },
    'Store and deliver a message; `ok` means that it is stored. Until it is answered, send the same bytes with the same id again',
  ),
  fetch: clientFrame(
    'fetch',
    { id: RequestId, conversation: ConversationIdSchema, after: CursorSchema },
    'Deliver the log again from a position; answered by `ok`, then by the entries',
  ),
  ack: clientFrame(
    'ack',
    { conversation: ConversationIdSchema, seq: SeqSchema },
    'The device has stored all entries up to `seq`; not answered',
  ),
  ping: clientFrame('ping', { id: RequestId }, 'Answered by `ok`'),
  signal: clientFrame(
    'signal',
    sentSignalFields,
    'Deliver to the connected devices of the conversation, at most once and without a place in the log; not answered',
  ),
  signals: clientFrame(
    'signals',
    { id: RequestId, since: SignalsSinceSchema },
    'Ask for the kept signals that have changed; they come as `signaled`, then `ok` with `at`',
  ),
} as const

export const serverFrames = {
  ready: serverFrame(
    'ready',
    {
      id: RequestId,
      pod: Type.String(),
      device: DeviceIdSchema,
      dbEpoch: Type.String({
        description: 'Changes when the database was restored from a backup: send again what was acked lately',
      }),
      now: Type.Integer({ description: "The server's clock, milliseconds since 1970" }),
      limits: Type.Record(Type.String(), Type.Integer(), { description: 'The limits that this server applies' }),
    },
    'The connection is authenticated',
  ),
  ok: serverFrame(
    'ok',
    {
      id: RequestId,
      seq: Type.Optional(SeqSchema),
      at: Type.Optional(Type.Integer()),
      duplicate: Type.Optional(Type.Boolean({ description: 'It was stored before; `seq` is the original position' })),
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
      retryMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Milliseconds to wait before the next try' })),
    },
    'The request failed. After `busy` a send may have been stored: send it again with the same id. After every other code this frame has stored nothing',
  ),
  message: serverFrame('message', logEntryFields, 'The next entry of the log of a conversation'),
  welcome: serverFrame(
    'welcome',
    {
      conversation: ConversationIdSchema,
      kind: KindSchema,
      groupNo: GroupNoSchema,
      seq: SeqSchema,
      join: Type.Union([Type.Literal('welcome'), Type.Literal('external')], {
        description: '`welcome`: fetch the welcome. `external`: join by an external commit',
      }),
    },
    'The user is a member of a conversation that the device can join',
  ),
  gap: serverFrame(
    'gap',
    {
      conversation: ConversationIdSchema,
      from: SeqSchema,
      to: SeqSchema,
      reason: Type.Union([Type.Literal('retention'), Type.Literal('restore')]),
    },
    'The server no longer has the entries of this range',
  ),
  synced: serverFrame('synced', {}, 'All missed entries have been delivered'),
  account: serverFrame(
    'account',
    { changed: AccountPartSchema },
    'Another device has changed a part of the account: fetch it. It may get lost, so look at each connection, too',
  ),
  reconnect: serverFrame(
    'reconnect',
    { afterMs: Type.Integer({ minimum: 0 }), candidates: Type.Array(CandidateSchema) },
    'The pod is about to restart, or other pods are less full: wait `afterMs`, then connect to another pod',
  ),
  signaled: serverFrame(
    'signaled',
    signaledFields,
    'A signal of another device. It may come late, twice or not at all; only its signature says who made it',
  ),
} as const

/** The frames that answer each frame of a client, under the same `id`. */
export const replies = {
  hello: ['ready', 'error'],
  token: ['ok', 'error'],
  send: ['ok', 'error'],
  fetch: ['ok', 'error'],
  ack: [],
  ping: ['ok'],
  signal: [],
  signals: ['ok', 'error'],
} as const satisfies Record<keyof typeof clientFrames, readonly (keyof typeof serverFrames)[]>

/**
 * The error codes that may answer each frame of a client, under the same `id`. Before `hello`, and
 * on a connection that is about to close, a code of `connectionErrors` may come instead.
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
    'admins_write',
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
  signal: [],
  signals: ['rate_limited', 'internal', 'busy'],
} as const satisfies Record<keyof typeof clientFrames, readonly ErrorCode[]>

/**
 * The codes of an `error` about the connection or about an unreadable frame. It comes unasked, or
 * with the id of that frame.
 */
export const connectionErrors = [
  'unknown_frame',
  'malformed_frame',
  'hello_first',
  'hello_timeout',
  'token_expired',
  'rate_limited',
] as const satisfies readonly ErrorCode[]

/** The codes that may reject a frame of this type. */
export type FrameError<T extends keyof typeof frameErrors> = (typeof frameErrors)[T][number]

type Frames<T extends Record<string, TSchema>> = { readonly [K in keyof T]: Static<T[K]> }
export type ClientFrames = Frames<typeof clientFrames>
export type ServerFrames = Frames<typeof serverFrames>
export type ClientFrame = ClientFrames[keyof ClientFrames]
export type ServerFrame = ServerFrames[keyof ServerFrames]
