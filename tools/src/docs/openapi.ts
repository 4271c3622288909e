import { STATUS_CODES } from 'node:http'
import {
  type Access,
  authOperations,
  balancerOperations,
  chatOperations,
  ErrorBodySchema,
  type ErrorCode,
  errors,
  errorsOf,
  type Operation,
} from '@fastchat/schema'
import swagger from '@fastify/swagger'
import fastify from 'fastify'
import { about, errorCodeTable } from './about.ts'
import { exampleOf } from './example-of.ts'
import { isObject, type Json, type JsonObject, mapValues, plain, sorted } from './json.ts'
import { shareSchemas } from './share-schemas.ts'

const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  auth: authOperations,
  balancer: balancerOperations,
  chat: chatOperations,
}

const allOperations: Readonly<Record<string, Operation>> = {
  ...authOperations,
  ...balancerOperations,
  ...chatOperations,
}

const description = `Every REST operation of FastChat. Bytes are base64url without padding; errors have one form, \`Error\`.
Messages travel over a WebSocket: see asyncapi.json. A session by example: protocol.md.`

const servers = [
  { url: 'http://localhost:8080', description: '`npm start`' },
  { url: 'https://{host}', description: 'An installation', variables: { host: { default: 'chat.example.org' } } },
]

const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const
const securitySchemes = {
  device: { ...bearer, description: 'Access token of a registered device (aud `fastchat`)' },
  enrol: {
    ...bearer,
    description: 'Enrol token of signup or login (aud `fastchat-enrol`): registers or re-opens a device',
  },
}

/**
 * Returns the contract's operations as OpenAPI 3.1. It registers the routes on a server that never
 * listens, and prints its description.
 */
export async function openApi(): Promise<JsonObject> {
  const app = fastify()
  // No handler is ever called; only the schemas count.
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  const info = { title: 'FastChat REST', description, ...about }
  await app.register(swagger, { openapi: { openapi: '3.1.0', info, servers, components: { securitySchemes } } })
  for (const [service, ofService] of Object.entries(operations))
    for (const [name, operation] of Object.entries(ofService)) register(service, name, operation)
  await app.ready()
  const printed = plain(app.swagger())
  await app.close()
  return tidy(printed)

  function register(
    service: string,
    name: string,
    { method, path: url, params, query, body, ...rest }: Operation,
  ): void {
    const { access, bytes, response, summary, description } = rest
    app.route({
      method,
      url,
      schema: {
        operationId: name,
        tags: [service],
        summary,
        ...(description !== undefined && { description }),
        security: securityOf(access),
        ...(params && { params }),
        ...(query && { querystring: query }),
        ...(body && { body }),
        ...(bytes === 'body' && { consumes: [octets], body: { type: 'string', format: 'binary' } }),
        response: answersOf(response, bytes === 'response' ? octets : json),
      },
      handler: () => undefined,
    })
  }
}

const json = 'application/json'
const octets = 'application/octet-stream'

const retryAfter = { schema: { type: 'integer' }, description: 'Seconds after which to come back' }

/**
 * Returns an operation's errors by status, as references. `default` stands for codes that may be
 * added later.
 */
function refusalsOf(operation: Operation): JsonObject {
  const statuses = [...byStatus(errorsOf(operation))]
  const references = statuses.map(([status, codes]) => [String(status), referenceTo(nameOf(codes))])
  return { ...Object.fromEntries(references), default: referenceTo('Refusal') }
}

/** Returns every error response that an operation refers to, once. */
function refusals(): JsonObject {
  const all = Object.values(allOperations).flatMap((operation) => [...byStatus(errorsOf(operation)).values()])
  const named = all.map((codes) => [nameOf(codes), refusal(codes.map((code) => `\`${code}\``).join(', '), codes)])
  return sorted({ ...Object.fromEntries(named), Refusal: refusal('Not done, for a reason that was added later') })
}

function byStatus(codes: readonly ErrorCode[]): Map<number, readonly ErrorCode[]> {
  const statuses = [...new Set(codes.map((code) => errors[code].status))].sort((a, b) => a - b)
  return new Map(statuses.map((status) => [status, codes.filter((code) => errors[code].status === status).sort()]))
}

const referenceTo = (name: string) => ({ $ref: `#/components/responses/${name}` })
const nameOf = (codes: readonly ErrorCode[]) => codes.map(pascal).join('Or')
const pascal = (code: string) => code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())

function refusal(description: string, codes?: readonly ErrorCode[]): JsonObject {
  const isPassing = codes?.some((code) => errors[code].retry) ?? true
  const examples = codes?.map((code) => [
    code,
    { value: { error: { code, message: errors[code].message, requestId: '6f1c2d3e-4b5a-4c7d-8e9f-0a1b2c3d4e5f' } } },
  ])
  return {
    description,
    ...(isPassing && { headers: { 'retry-after': retryAfter } }),
    content: {
      [json]: { schema: plain(ErrorBodySchema), ...(examples && { examples: Object.fromEntries(examples) }) },
    },
    ...(codes && { 'x-error-codes': codes }),
  }
}

function answersOf(response: Operation['response'], mediaType: string) {
  const answers = Object.entries(response).map(([status, schema]) => {
    const description = STATUS_CODES[status] ?? status
    const hasBody = plain(schema).type !== 'null'
    return [status, hasBody ? { description, content: { [mediaType]: { schema } } } : { description, type: 'null' }]
  })
  return Object.fromEntries(answers)
}

const securityOf = (access: Access) => (access === 'public' ? [] : [{ [access]: [] }])

/**
 * Arranges the document: named schemas once, paths in order, errors and examples with each
 * operation, and the table of error codes.
 */
function tidy(printed: JsonObject): JsonObject {
  const { components: printedComponents, ...complete } = withRefusals(printed)
  if (!isObject(printedComponents)) throw new TypeError(unexpected)
  const responses = refusals()
  const { document, schemas } = shareSchemas({ ...complete, components: { ...printedComponents, responses } })
  if (!isObject(document.paths) || !isObject(document.components)) throw new TypeError(unexpected)
  const { paths, components, ...head } = document
  return {
    ...head,
    paths: sorted(paths),
    components: { ...components, schemas },
    'x-error-codes': errorCodeTable,
  }
}

const unexpected = '@fastify/swagger printed something else than an OpenAPI document'

function withRefusals({ paths, ...rest }: JsonObject): JsonObject {
  if (!isObject(paths)) throw new TypeError(unexpected)
  const complete = (operation: Json): Json => {
    if (!isObject(operation) || typeof operation.operationId !== 'string') throw new TypeError(unexpected)
    const { requestBody, responses } = operation
    const declared = allOperations[operation.operationId]
    if (!isObject(responses) || declared === undefined) throw new TypeError(unexpected)
    return {
      ...operation,
      ...(isObject(requestBody) && { requestBody: withExample(requestBody) }),
      responses: { ...mapValues(responses, withExample), ...refusalsOf(declared) },
    }
  }
  return { ...rest, paths: mapValues(paths, (path) => (isObject(path) ? mapValues(path, complete) : path)) }
}

/** Adds an example beside the schema of a JSON body. */
function withExample(body: Json): Json {
  const content = isObject(body) ? body.content : undefined
  const media = isObject(content) ? content[json] : undefined
  if (!isObject(body) || !isObject(media) || !isObject(media.schema)) return body
  return { ...body, content: { [json]: { ...media, example: exampleOf(media.schema) } } }
}
