import { setTimeout } from 'node:timers/promises'
import { at, equal, holds } from './expect.ts'

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown }
export type Request = {
  readonly method?: string
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const timeoutMs = 30_000

/** The tries of a request. A busy server's answer says nothing about the checked rule. */
const maxTries = 6
const longestPauseMs = 5_000

/** Sends a request by fetch. After 429 and 503 it waits as the server says, and tries again. */
export async function call(url: string, request: Request = {}): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const answer = await ask(url, request)
    const isPassing = answer.status === 429 || answer.status === 503
    if (!isPassing || tries === maxTries) return answer
    await setTimeout(Math.min(longestPauseMs, 1_000 * Number(answer.headers.get('retry-after') ?? 1)))
  }
}

async function ask(url: string, { method, token, body, headers = {} }: Request): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: text }),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const raw = await answer.text()
  return { status: answer.status, headers: answer.headers, body: parse(raw) }
}

/** Checks that an answer is an error in the form of the protocol. */
export function refused({ status, body }: Answer, wantedStatus: number, code: string): void {
  equal([status, at(body, 'error', 'code')], [wantedStatus, code], 'status and error code')
  for (const field of ['message', 'requestId'])
    holds(typeof at(body, 'error', field) === 'string', `an error answer has no error.${field}`)
}

/** Checks that an answer has this status of success. */
export function succeeded({ status, body }: Answer, wanted: number): void {
  equal(status === wanted ? wanted : { status, body }, wanted, 'status')
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return text
  }
}
