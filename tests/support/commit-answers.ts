import { type Api, ServerError, Unreachable } from '@fastchat/client'
import { chatOperations } from '@fastchat/schema'
import type { Person } from './person.ts'

type Call = (send: () => Promise<unknown>) => Promise<unknown>

/** Puts `around` around the next commit that this device sends. */
function interceptCommit(person: Person, around: Call): void {
  const api = person.client.api as { -readonly [K in keyof Api]: Api[K] }
  const { call } = api
  let isNext = true
  api.call = async (op, input) => {
    if (op.path !== chatOperations.commit.path || !isNext) return await call(op, input)
    isNext = false
    // The answer is that of the operation it was asked for.
    return (await around(() => call(op, input))) as never
  }
}

/** The next commit of this device reaches the server; its answer does not come back. */
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
 * The next commits of these devices go to the server at the same moment. With `losesAnswer` the one that wins is not told.
 * @returns how each ended: `accepted`, or the server's code
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
