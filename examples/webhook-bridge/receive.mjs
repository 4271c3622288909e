import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ClientError, isTemporary, messageIdFrom, newMessageId, ServerError, Unreachable } from '@fastchat/client'
import fastify from 'fastify'

const maxBodyBytes = 64 * 1024
const maxTextLetters = 8_000
/** Each minute the bridge takes this many requests with the right token. */
const maxRequestsPerMinute = 120
const minuteMs = 60_000
/** The time that a request waits for the chat server. */
const storeMs = 20_000
const dayMs = 24 * 3600 * 1000

const body = {
  type: 'object',
  additionalProperties: false,
  required: ['text'],
  properties: {
    conversation: { type: 'string', pattern: '^[0-9a-f-]{36}$' },
    user: { type: 'string', minLength: 1, maxLength: 64 },
    text: { type: 'string', minLength: 1, maxLength: maxTextLetters },
  },
  oneOf: [{ required: ['conversation'] }, { required: ['user'] }],
}
const headers = {
  type: 'object',
  properties: { 'idempotency-key': { type: 'string', minLength: 1, maxLength: 200 } },
}

/** Returns the HTTP server that puts what is posted to it into chats. */
export function createReceiver(client, { token, now = Date.now }) {
  const server = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: storeMs * 2,
    forceCloseConnections: 'idle',
    // By default fastify drops unknown fields, which hides mistakes of callers.
    ajv: { customOptions: { removeAdditional: false } },
  })
  const isAllowed = rateLimit(now)

  server.addHook('onRequest', async (request, reply) => {
    if (!isToken(request.headers.authorization, token)) return reply.code(401).send({ error: 'wrong_token' })
    if (!isAllowed()) return reply.code(429).header('retry-after', '60').send({ error: 'too_many_requests' })
  })

  server.post('/messages', { schema: { body, headers } }, async (request, reply) => {
    const { conversation, user, text } = request.body
    const chat = conversation ?? (await within(directWith(client, user)))
    const id = await idOf(client, request.headers['idempotency-key'], chat, { token, now })
    await client.texts.send(chat, text, { id })
    const signal = AbortSignal.timeout(storeMs)
    const { seq } = await client.texts.whenStored(chat, id, signal).catch((error) => {
      if (signal.aborted) return {}
      throw error
    })
    // Without a position the message waits on this device, and is sent when the server is back.
    return reply.code(seq === undefined ? 202 : 200).send({ id, conversation: chat, ...(seq !== undefined && { seq }) })
  })

  server.setErrorHandler((error, _, reply) => {
    if (error.validation) return reply.code(400).send({ error: 'invalid_request' })
    if (isTemporary(error)) return reply.code(503).header('retry-after', '5').send({ error: 'unavailable' })
    if (error instanceof ClientError || error instanceof ServerError) {
      const isMissing = ['not_found', 'unknown_conversation'].includes(error.code)
      return reply.code(isMissing ? 404 : 409).send({ error: error.code })
    }
    const status = error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : 500
    // The error may quote what was posted, so only its kind is logged.
    if (status === 500) console.error(`A request failed: ${error.name} ${error.code ?? ''}`)
    return reply.code(status).send({ error: status === 500 ? 'internal' : 'invalid_request' })
  })
  return server
}

async function directWith(client, username) {
  const { userId } = await client.user(username)
  return (await client.openDirect(userId)).id
}

/** Returns the result of `work`. After `storeMs` it throws `Unreachable`; the work goes on. */
async function within(work) {
  const { promise: late, reject } = Promise.withResolvers()
  const timer = setTimeout(() => reject(new Unreachable('The chat server did not answer in time')), storeMs)
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Compares digests, which have one length, in a time that says nothing about the token. */
function isToken(header, token) {
  const digest = (text) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))
}

/** Counts requests in the current minute. It holds one number, so callers cannot fill memory. */
function rateLimit(now) {
  let [began, count] = [now(), 0]
  return () => {
    if (now() - began >= minuteMs) [began, count] = [now(), 0]
    count += 1
    return count <= maxRequestsPerMinute
  }
}

/**
 * Returns the id of the message for a key of the caller, the same for one to two days. The id
 * carries the day on which the key came first.
 */
async function idOf(client, key, chat, { token, now }) {
  if (key === undefined) return newMessageId()
  const secret = new Uint8Array(createHmac('sha256', token).update('ids of messages').digest())
  const today = Math.floor(now() / dayMs) * dayMs
  const idAt = (atMs) => messageIdFrom({ secret, key: `${chat}/${key}`, atMs })
  const former = await idAt(today - dayMs)
  const isKnown = await client.entry(former).then(
    () => true,
    () => false,
  )
  return isKnown ? former : await idAt(today)
}
