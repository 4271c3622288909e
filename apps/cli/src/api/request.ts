import { CliError, exitCodes } from '../cli-error.ts'
import type { Given } from '../registry/command.ts'

/**
 * The id of a request, which the caller chooses. Requests that run at the same time have different
 * ids.
 */
export type RequestId = string | number

export type Request = { readonly id: RequestId; readonly command: string; readonly args: Given }
export type BadRequest = { readonly id: RequestId | null; readonly error: CliError }

const fields = ['id', 'command', 'args']
const maxIdLetters = 128

/**
 * Parses a line of `fastchat api`. Returns the request, or the error with the request's id if the
 * line has one.
 */
export function readRequest(line: string): Request | BadRequest {
  const value = parse(line)
  if (!isObject(value)) return bad(null, 'A request is a JSON object on one line')
  const { id, command, args = {} } = value
  if (!isId(id)) return bad(null, `A request has an "id": a whole number, or a string of 1 to ${maxIdLetters} letters`)
  if (typeof command !== 'string') return bad(id, 'A request has a "command": its words, as "group add"')
  if (!isObject(args)) return bad(id, '"args" is an object: the parameters of the command by name')
  const unknown = Object.keys(value).find((name) => !fields.includes(name))
  if (unknown !== undefined) return bad(id, 'A request has "id", "command" and "args", and nothing else')
  return { id, command, args }
}

export const badRequest = (code: string, message: string): CliError => new CliError(code, message, exitCodes.usage)

const bad = (id: RequestId | null, message: string): BadRequest => ({ id, error: badRequest('bad_request', message) })

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isId = (value: unknown): value is RequestId =>
  typeof value === 'number'
    ? Number.isSafeInteger(value)
    : typeof value === 'string' && value.length > 0 && value.length <= maxIdLetters
