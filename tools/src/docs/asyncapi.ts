import {
  clientFrames,
  closeCodes,
  connectionErrors,
  frameErrors,
  replies,
  serverFrames,
  subprotocol,
} from '@fastchat/schema'
import { about, errorCodeTable } from './about.ts'
import { exampleOf } from './example-of.ts'
import { isObject, type Json, type JsonObject, mapValues, plain } from './json.ts'
import { shareSchemas } from './share-schemas.ts'

const description = `The WebSocket of a chat pod. Ask \`GET /v1/pod\` (openapi.json) for an address, connect with the subprotocol
\`${subprotocol}\`, send \`hello\` as the first frame (never a token in the address), then go on. Frames are JSON text; \`t\` names the type,
\`id\` correlates a request with its answer. \`x-error-codes\` of an operation are the codes that its frame may be answered with in an
\`error\`; those of \`push_error\` are about the connection, or a frame that could not be read. A session by example: protocol.md.`

const answers: ReadonlySet<string> = new Set(Object.values(replies).flat())
const codesOf: Readonly<Record<string, readonly string[]>> = frameErrors
const onChannel = (frame: string) => ({ $ref: `#/channels/socket/messages/${frame}` })

/**
 * Returns the contract's frames as AsyncAPI 3.0, from the server's side: it receives the frames of
 * clients.
 */
export function asyncApi(): JsonObject {
  const frames: Readonly<Record<string, object>> = { ...clientFrames, ...serverFrames }
  const printed = shareSchemas({ messages: mapValues(frames, messageOf) })
  return {
    asyncapi: '3.0.0',
    info: { title: 'FastChat WebSocket', description, ...about },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: 'localhost:8080',
        protocol: 'ws',
        description: '`npm start`; elsewhere wss, as `GET /v1/pod` says',
      },
    },
    channels: { socket: channel(Object.keys(frames)) },
    operations: { ...mapValues(replies, receiveOperation), ...pushOperations() },
    components: {
      ...printed.document,
      schemas: printed.schemas,
      correlationIds: {
        request: { location: '$message.payload#/id', description: "The client's own id of the request" },
      },
    },
    'x-error-codes': errorCodeTable,
  }
}

function channel(frames: readonly string[]): Json {
  return {
    address: '/ws',
    summary: 'One connection of one device',
    messages: Object.fromEntries(frames.map((frame) => [frame, { $ref: `#/components/messages/${frame}` }])),
    bindings: {
      ws: {
        method: 'GET',
        headers: {
          type: 'object',
          required: ['sec-websocket-protocol'],
          properties: { 'sec-websocket-protocol': { type: 'string', const: subprotocol } },
        },
        bindingVersion: '0.1.0',
      },
    },
    'x-subprotocol': subprotocol,
    'x-close-codes': plain(closeCodes),
  }
}

function messageOf(schema: object, name: string): Json {
  const { title: _, description: summary, ...payload } = plain(schema)
  const hasId = isObject(payload.properties) && 'id' in payload.properties
  const isCorrelated = hasId && (name in replies || answers.has(name))
  return {
    name,
    summary: summary ?? '',
    ...(isCorrelated && { correlationId: { $ref: '#/components/correlationIds/request' } }),
    payload,
    examples: [{ payload: exampleOf(payload) }],
  }
}

/** Returns the operation of a client's frame with its answers. */
function receiveOperation(answers: readonly string[], frame: string): Json {
  const codes = codesOf[frame] ?? []
  return {
    action: 'receive',
    channel: { $ref: '#/channels/socket' },
    messages: [onChannel(frame)],
    ...(answers.length > 0 && { reply: { channel: { $ref: '#/channels/socket' }, messages: answers.map(onChannel) } }),
    ...(codes.length > 0 && { 'x-error-codes': codes.toSorted() }),
  }
}

/**
 * Returns the operations of the frames that the server pushes. An `error` is pushed when a frame
 * could not be read.
 */
function pushOperations(): JsonObject {
  const pushed = Object.keys(serverFrames).filter((frame) => frame === 'error' || !answers.has(frame))
  const operations = pushed.map((frame) => [
    `push_${frame}`,
    {
      ...{ action: 'send', channel: { $ref: '#/channels/socket' }, messages: [onChannel(frame)] },
      ...(frame === 'error' && { 'x-error-codes': connectionErrors.toSorted() }),
    },
  ])
  return Object.fromEntries(operations)
}
