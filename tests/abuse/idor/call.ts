import { type ErrorBody, errorsOf, type Operation } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import type { Cast, Role } from './cast.ts'
import { type OperationName, operations, type RestRule } from './rest-rules.ts'

/**
 * Calls an operation as a role over real HTTP. Returns `allow` for a success, else the code of the
 * refusal.
 */
export async function callAs(cast: Cast, role: Role, name: OperationName, rule: RestRule): Promise<string> {
  const operation: Operation = operations[name]
  const { method, path, bytes: side } = operation
  const { params = {}, query = {}, body, bytes } = await rule.request(cast, role)
  const filled = path.replace(/:(\w+)/g, (_, part: string) => encodeURIComponent(String(params[part])))
  const url = new URL(cast.stack.url + filled)
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value))
  const { token } = cast.actors[role]
  const type = side === 'body' ? 'application/octet-stream' : 'application/json'
  const payload = bytes ?? (body === undefined ? undefined : JSON.stringify(body))
  return await eventually(
    async () => {
      const answer = await fetch(url, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(payload !== undefined && { 'content-type': type }),
        },
        ...(payload !== undefined && { body: payload }),
      })
      if (answer.ok) {
        await answer.arrayBuffer()
        return 'allow'
      }
      const { error } = (await answer.json()) as ErrorBody
      if (!errorsOf(operation).includes(error.code)) return `${error.code}, which is not declared`
      // A rate limit would hide the answer that is tested.
      if (error.code === 'rate_limited' || error.code === 'busy') throw new Error(`${name} as ${role}: ${error.code}`)
      return error.code
    },
    { timeoutMs: 60_000, everyMs: 250 },
  )
}
