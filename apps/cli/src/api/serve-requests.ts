import type { Readable } from 'node:stream'
import { type CliError, usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { type Command, isForPrograms } from '../registry/command.ts'
import { unknownCommand } from '../registry/unknown-command.ts'
import type { Output } from '../text/output.ts'
import { toCliError, withAdvice } from '../to-cli-error.ts'
import { readLines } from './read-lines.ts'
import { badRequest, isId, type Request, type RequestId, readRequest } from './request.ts'
import { Task } from './task.ts'

/** The longest line. The longest message has less than half of this, however it is escaped. */
const maxLineBytes = 256 * 1024
/** The most requests that run at once. Further lines are read when one of them has ended. */
const maxRequests = 256

/** The outputs of `fastchat api`. */
export type Answers = {
  /** Returns the output for the results of a request. */
  outputFor(id: RequestId): Output
  /** Writes the last line of a request, or the answer to a line that is not a request. */
  end(id: RequestId | null, error?: CliError): void
  /** Resolves when the reader has taken most of the output. */
  drained(): Promise<void>
}

/**
 * Answers requests until the input and all requests have ended. The end of the input cancels the
 * requests that follow chats.
 *
 * Requests run in the order of their lines, one at a time, so messages arrive in that order. A
 * request that only waits, such as a queued message for the server, lets the next one begin.
 */
export async function serveRequests(
  context: Context,
  commands: readonly Command[],
  input: Readable,
  answers: Answers,
): Promise<void> {
  const usable = commands.filter(isForPrograms)
  const known = new Map(usable.map((command) => [command.words.join(' '), command]))
  const tasks = new Map<RequestId, Task>()
  let turn: Promise<void> = Promise.resolve()
  let ended = Promise.withResolvers<void>()

  const start = async (request: Request, command: Command): Promise<void> => {
    const task = new Task(command, turn)
    turn = task.turn
    tasks.set(request.id, task)
    let error: CliError | undefined
    try {
      await task.run(contextOf(request.id, task), request)
    } catch (reason) {
      error = withAdvice(toCliError(reason), context.env.url)
    }
    tasks.delete(request.id)
    answers.end(request.id, error)
    ended.resolve()
  }

  const contextOf = (id: RequestId, task: Task): Context => ({
    ...context,
    out: answers.outputFor(id),
    async password(use) {
      const { password, nextPassword, recoveryKey } = context.env
      const given = { new: password, known: password, next: nextPassword, recovery: recoveryKey }[use]
      if (given) return await context.password(use)
      const variable = { new: 'PASSWORD', known: 'PASSWORD', next: 'NEW_PASSWORD', recovery: 'RECOVERY_KEY' }[use]
      throw usageError(
        `No ${use === 'recovery' ? 'recovery key' : 'password'}: start fastchat api with FASTCHAT_${variable}_FILE`,
      )
    },
    async closeSession() {
      // The other requests would wait for a device that is closed.
      for (const other of tasks.values()) if (other !== task && other.isRunning) other.cancel()
      await context.closeSession()
    },
  })

  const cancel = ({ id, args: { request } }: Request): void => {
    const task = isId(request) ? tasks.get(request) : undefined
    task?.cancel()
    answers.end(id, task ? undefined : badRequest('unknown_request', 'No request with this id is under way'))
  }

  const take = (request: Request): void => {
    const { id, command } = request
    const found = known.get(command)
    if (tasks.has(id)) answers.end(id, badRequest('duplicate_id', 'A request with this id is under way'))
    // Without a request to end, it is the command that ends the transfers of files.
    else if (command === 'cancel' && 'request' in request.args) cancel(request)
    else if (found) void start(request, found)
    else answers.end(id, badRequest('unknown_command', unknownCommand(usable, command.split(' '), '')))
  }

  const untilAtMost = async (count: number): Promise<void> => {
    while (tasks.size > count) {
      ended = Promise.withResolvers()
      await ended.promise
    }
  }

  for await (const line of readLines(input, maxLineBytes)) {
    if (line === 'too long') answers.end(null, badRequest('line_too_long', `A line has at most ${maxLineBytes} bytes`))
    else if (line.text.trim() !== '') {
      const request = readRequest(line.text)
      if ('error' in request) answers.end(request.id, request.error)
      else take(request)
    }
    await answers.drained()
    await untilAtMost(maxRequests - 1)
  }
  for (const task of tasks.values()) if (task.command.where === 'follow') task.cancel()
  await untilAtMost(0)
}
