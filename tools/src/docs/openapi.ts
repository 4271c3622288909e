import { STATUS_CODES } from 'node:http'
import {
  type Access,
  authOperations,
  balancerOperations,
  chatOperations,
  ErrorBodySchema,
  type Operation,
} from '@fastchat/schema'
import swagger from '@fastify/swagger'
import fastify from 'fastify'
import { about, errorCodeTable } from './about.ts'
import { isObject, type JsonObject, plain, sorted } from './json.ts'
import { shareSchemas } from './share-schemas.ts'

const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  auth: authOperations,
  balancer: balancerOperations,
  chat: chatOperations,
}

const description = `Every REST operation of FastChat. Bytes are base64url without padding; errors have one form, \`Error\`.
Messages travel over a WebSocket: see asyncapi.json. A session by example: protocol.md.`

const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const
const securitySchemes = {
  device: { ...bearer, description: 'Access token of a registered device (aud `fastchat`)' },
  enrol: {
    ...bearer,
    description: 'Enrol token of signup or login (aud `fastchat-enrol`): registers or re-opens a device',
  },
}

/** The contract's operations as OpenAPI 3.1: the routes are registered on a server that never listens, and printed. */
export async function openApi(): Promise<JsonObject> {
  const app = fastify()
  // Nothing is ever called: only the schemas count.
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  const info = { title: 'FastChat REST', description, ...about }
  await app.register(swagger, { openapi: { openapi: '3.1.0', info, components: { securitySchemes } } })
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
    const { access, bytes, response, summary } = rest
    app.route({
      method,
      url,
      schema: {
        operationId: name,
        tags: [service],
        summary,
        security: securityOf(access),
        ...(params && { params }),
        ...(query && { querystring: query }),
        ...(body && { body }),
        ...(bytes === 'body' && { consumes: [octets], body: { type: 'string', format: 'binary' } }),
        response: { ...answersOf(response, bytes === 'response' ? octets : json), default: refusal },
      },
      handler: () => undefined,
    })
  }
}

const json = 'application/json'
const octets = 'application/octet-stream'

const refusal = {
  description: 'Not done; see `x-error-codes`',
  headers: { 'retry-after': { type: 'integer', description: 'Seconds; when it is known when to come back' } },
  content: { [json]: { schema: ErrorBodySchema } },
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

/** Named schemas once, paths in order, the table of error codes. */
function tidy(printed: JsonObject): JsonObject {
  const { document, schemas } = shareSchemas(printed)
  if (!isObject(document.paths) || !isObject(document.components))
    throw new TypeError('@fastify/swagger printed something else than an OpenAPI document')
  const { paths, components, ...head } = document
  return {
    ...head,
    paths: sorted(paths),
    components: { ...components, schemas },
    'x-error-codes': errorCodeTable,
  }
}
