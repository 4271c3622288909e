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
  // A trouble belongs to no request, so its id is null.
  context.tellTroubles(outputWith((result) => ({ id: null, result })))
  await serveRequests(context, commands, stdin, {
    outputFor: (id) => outputWith((result) => ({ id, result })),
    end(id, error) {
      const { code, message, exitCode = 0 } = error ?? {}
      bare.result({ id, ...(error && { error: { type: 'error', code, message } }), exit: exitCode }, '')
    },
    drained: () => bare.drained(),
  })
}
