import { connect } from 'node:net'
import { isSameServer } from '@fastchat/client'
import { CliError, usageError } from '../cli-error.ts'
import type { Answer } from './agent.ts'
import { type Chat, chatThrough, type Hint } from './chat.ts'
import { readJsonLines, writeJsonLine } from './json-lines.ts'

/** The process that held the home has ended. Its open questions may be asked again elsewhere. */
export class HolderGone extends Error {
  override name = 'HolderGone'
}

export type RemoteChat = { readonly chat: Chat; readonly gone: Promise<void>; close(): void }

/** The time for the hello of the other process. Without one, it is stopped, or is no fastchat. */
const helloMs = 3_000

type Waiting = { resolve(result: unknown): void; reject(error: Error): void }

/**
 * Connects to the device that another process holds. Undefined: no process answers at `path`.
 * @throws {CliError} `usage` when that process works with another server.
 */
export async function connectChat(
  path: string,
  url: string,
  onHint: (hint: Hint) => void,
): Promise<RemoteChat | undefined> {
  const socket = connect(path)
  const greeted = Promise.withResolvers<{ url: string } | undefined>()
  const gone = Promise.withResolvers<void>()
  const waiting = new Map<number, Waiting>()
  let last = 0

  socket.on('error', () => {})
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new HolderGone())
    waiting.clear()
    greeted.resolve(undefined)
    gone.resolve()
  })
  readJsonLines(socket, (value) => {
    // The other end is this program. Fields of another version are ignored.
    const line = value as Answer
    if (line.type === 'hello') return greeted.resolve(line)
    if (line.type === 'hint') return onHint(line.hint)
    const asked = waiting.get(line.id)
    waiting.delete(line.id)
    if (line.type === 'done') asked?.resolve(line.result)
    else asked?.reject(new CliError(line.code, line.message, line.exit))
  })

  const timer = setTimeout(() => socket.destroy(), helloMs)
  const hello = await greeted.promise
  clearTimeout(timer)
  if (!hello) return undefined
  if (!isSameServer(hello.url, url)) {
    socket.destroy()
    throw usageError(`Another fastchat uses this home with ${hello.url}: set FASTCHAT_URL to that, or end it`)
  }
  const chat = chatThrough(
    (verb, args) =>
      new Promise((resolve, reject) => {
        if (!socket.writable) return reject(new HolderGone())
        const id = ++last
        waiting.set(id, { resolve, reject })
        writeJsonLine(socket, { id, verb, args })
      }),
  )
  return { chat, gone: gone.promise, close: () => socket.destroy() }
}
