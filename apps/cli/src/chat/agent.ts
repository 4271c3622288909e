import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { toCliError } from '../to-cli-error.ts'
import { type Chat, type Hint, type Verb, verbs } from './chat.ts'
import { readJsonLines, writeJsonLine } from './json-lines.ts'

/**
 * A line to the process that holds a home. Both ends of the socket are this program of this user:
 * other users can't open it.
 */
export type Question = { readonly id: number; readonly verb: Verb; readonly args?: unknown }
export type Answer =
  | { readonly type: 'hello'; readonly url: string; readonly username: string }
  | { readonly type: 'done'; readonly id: number; readonly result?: unknown }
  | {
      readonly type: 'failed'
      readonly id: number
      readonly code: string
      readonly message: string
      readonly exit: number
    }
  | { readonly type: 'hint'; readonly hint: Hint }

export type Agent = { tell(hint: Hint): void; close(): Promise<void> }

/**
 * The bytes that may wait for one command. A command with more unread bytes is probably stopped.
 * Its connection is closed, and it connects again when it goes on.
 */
const maxBehindBytes = 1024 * 1024
/** The commands that may use one home at a time. */
const maxConnections = 64

/**
 * Answers other commands on the home that this process holds. A file at `path` is from a process
 * that has ended, since the caller has the home's lock.
 */
export async function serveChat(path: string, chat: Chat, hello: { url: string; username: string }): Promise<Agent> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    writeJsonLine(socket, { type: 'hello', ...hello } satisfies Answer)
    readJsonLines(socket, (value) => {
      // The other end is this program. A verb that is unknown here comes from another version.
      const question = value as Question
      void answer(chat, question).then((line) => writeJsonLine(socket, line))
    })
  })
  server.maxConnections = maxConnections
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return {
    tell(hint) {
      for (const socket of sockets) {
        if (socket.writableLength > maxBehindBytes) socket.destroy()
        else writeJsonLine(socket, { type: 'hint', hint } satisfies Answer)
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroySoon()
      await closed
    },
  }
}

async function answer(chat: Chat, { id, verb, args }: Question): Promise<Answer> {
  try {
    if (!verbs.includes(verb))
      throw new Error('Another fastchat of an older version uses this home. End it, then run the command again')
    // The other end passes the arguments of the verb.
    const ask = chat[verb] as (args: unknown) => Promise<unknown>
    return { type: 'done', id, result: await ask(args) }
  } catch (error) {
    const { code, message, exitCode } = toCliError(error)
    return { type: 'failed', id, code, message, exit: exitCode }
  }
}
