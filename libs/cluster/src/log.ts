/** What the cluster library asks of a logger; pino's fits. */
export type Log = {
  readonly info: (fields: object, event: string) => void
  readonly warn: (fields: object, event: string) => void
}

/** Longer ones quote what was sent. */
const maxMessageLength = 200

/** What may be logged of an error of Redis: ioredis hangs the command's arguments (keys, frames, passwords) onto it. */
export function redactError(error: unknown): {
  readonly name: string
  readonly message: string
  readonly code?: string
} {
  if (!(error instanceof Error)) return { name: 'Unknown', message: 'not an Error' }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return { name: error.name, message: error.message.slice(0, maxMessageLength), ...code }
}
