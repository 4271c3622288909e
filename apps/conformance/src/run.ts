import { signUp } from './account.ts'
import type { Check, Context, Result } from './check.ts'
import { accountStateChecks } from './checks/account-state.ts'
import { accountChecks } from './checks/accounts.ts'
import { messageChecks } from './checks/messages.ts'
import { restChecks } from './checks/rest.ts'
import { socketChecks } from './checks/socket.ts'
import { textAt } from './expect.ts'
import { createGroup } from './group.ts'
import { call, succeeded } from './http.ts'
import type { NewId } from './new-id.ts'

const checks: readonly Check[] = [
  ...accountChecks,
  ...accountStateChecks,
  ...restChecks,
  ...socketChecks,
  ...messageChecks,
]

/** The rule of the preparation. Without it, no other rule can be checked. */
const preparation = 'somebody signs up, registers a device, gets a pod, and creates a group'

/** Checks the server at `url`, one rule after the other. Calls `onResult` with each result. */
export async function runChecks(
  url: string,
  newId: NewId,
  onResult: (result: Result) => void,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const note = (result: Result) => {
    results.push(result)
    onResult(result)
  }
  const context = await prepare(url, newId).catch((error: unknown) => note(failure(preparation, error)))
  if (!context) return results
  note({ rule: preparation, ok: true })
  for (const { rule, run } of checks) {
    const problem = await run(context).then(
      () => undefined,
      (error: unknown) => error ?? 'failed',
    )
    note(problem === undefined ? { rule, ok: true } : failure(rule, problem))
  }
  return results
}

async function prepare(url: string, newId: NewId): Promise<Context> {
  const account = await signUp(url, newId)
  const placement = await call(`${url}/v1/pod`, { token: account.token })
  succeeded(placement, 200)
  // The server names a path at its own origin.
  const pod = url.replace(/^http/, 'ws') + textAt(placement.body, 'candidates', '0', 'url')
  return { url, newId, account, pod, talk: await createGroup(url, account, newId) }
}

function failure(rule: string, error: unknown): Result {
  const message = error instanceof Error ? error.message : String(error)
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return { rule, ok: false, problem: message + cause }
}
