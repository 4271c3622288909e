import { type Api, ServerError, Unreachable } from '@fastchat/client'
import { chatOperations } from '@fastchat/schema'
import type { Person } from './person.ts'

type Call = (send: () => Promise<unknown>) => Promise<unknown>

/** Calls `around` instead of sending the next commit of this device. `around` can send it. */
function interceptCommit(person: Person, around: Call): void {
  const api = person.client.api as { -readonly [K in keyof Api]: Api[K] }
  const { call } = api
  let isNext = true
  api.call = async (op, input) => {
    if (op.path !== chatOperations.commit.path || !isNext) return await call(op, input)
    isNext = false
    // The answer has the type of the operation that was called.
    return (await around(() => call(op, input))) as never
  }
}

/** Loses the answer to the next commit of this device. The server gets the commit. */
export function loseNextCommitAnswer(person: Person): { readonly lost: () => number } {
  let lost = 0
  interceptCommit(person, async (send) => {
    await send()
    lost++
    throw new Unreachable('the answer was lost')
  })
  return { lost: () => lost }
}

/**
 * Sends the next commits of these devices to the server at the same moment. With `losesAnswer`, the
 * accepted one gets no answer. The returned array receives the result of each: `accepted`, or the
 * server's error code.
 */
export function raceNextCommits(people: readonly Person[], { losesAnswer }: { losesAnswer: boolean }): string[] {
  const ends: string[] = []
  const { promise: together, resolve: go } = Promise.withResolvers<void>()
  let ready = 0
  for (const person of people) {
    interceptCommit(person, async (send) => {
      if (++ready === people.length) go()
      await together
      const answer = await send().catch((error: unknown) => {
        ends.push(error instanceof ServerError ? error.code : String(error))
        throw error
      })
      ends.push('accepted')
      if (losesAnswer) throw new Unreachable('the answer was lost')
      return answer
    })
  }
  return ends
}
