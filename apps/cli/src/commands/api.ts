import { serveRequests } from '../api/serve-requests.ts'
import type { Command } from '../registry/command.ts'
import { Output } from '../text/output.ts'
import type { Context } from './context.ts'

/** Reads requests from stdin, one JSON object per line, and answers on stdout until stdin ends. */
export async function api(context: Context, commands: readonly Command[]): Promise<void> {
  const { stdin, stdout, stderr } = process
  const outputWith = (wrap: (object: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) =>
    new Output({ json: true, stdout, stderr, wrap })
  const bare = outputWith((object) => object)
  // Troubles and news belong to no request, so their id is null.
  const toNobody = new Output({
    ...{ json: true, stdout, stderr, hasNews: true },
    wrap: (result) => ({ id: null, result }),
  })
  context.tellTroubles(toNobody)
  await serveRequests(context, commands, stdin, {
    outputFor: (id) => outputWith((result) => ({ id, result })),
    end(id, error) {
      const { code, message, exitCode = 0 } = error ?? {}
      bare.result({ id, ...(error && { error: { type: 'error', code, message } }), exit: exitCode }, '')
    },
    drained: () => bare.drained(),
  })
}
