import { authOperations } from '@fastchat/schema'

/**
 * The number of requests at a time: what 500 a second are to a server that takes 0.4 s for each.
 */
const atOnce = 200

export type Answer = { readonly status: number; readonly code: string | undefined; readonly retryAfter: number }

/** Logs in at auth directly, as a trusted proxy would pass the request on from address `from`. */
export async function logInFrom(auth: string, from: string, username: string, password: string): Promise<Answer> {
  const answer = await fetch(auth + authOperations.login.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    body: JSON.stringify({ username, password }),
  })
  const body = (await answer.json()) as { error?: { code: string } }
  return { status: answer.status, code: body.error?.code, retryAfter: Number(answer.headers.get('retry-after')) }
}

/**
 * Sends guesses from three networks, at an existing name and at unknown ones, until `stop` is
 * called. `stop` returns all answers.
 */
export function floodLogins(auth: string, username: string): { stop(): Promise<readonly Answer[]> } {
  const answers: Answer[] = []
  let isOver = false
  const work = async (worker: number) => {
    const from = `203.0.${worker % 3}.1`
    for (let n = 0; !isOver; n++) {
      const name = n % 2 === 0 ? username : `nobody${worker}-${n}`
      answers.push(await logInFrom(auth, from, name, `guess ${n}`))
    }
  }
  const all = Promise.all(Array.from({ length: atOnce }, (_, worker) => work(worker)))
  return {
    async stop() {
      isOver = true
      await all
      return answers
    },
  }
}
