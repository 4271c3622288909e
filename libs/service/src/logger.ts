import { type DestinationStream, type Level, type Logger, pino } from 'pino'
import { redactError } from './redact-error.ts'

export type { Logger }

export type LoggerOptions = {
  readonly service: string
  readonly level: Level | 'silent'
  readonly pod?: string
  /** Standard output unless a test captures it. */
  readonly destination?: DestinationStream
}

/** Second line of defence: nobody should log these in the first place. */
const secretFields = [
  'token',
  'accessToken',
  'refreshToken',
  'enrolToken',
  'password',
  'passwordHash',
  'authorization',
  'headers',
  'body',
  'envelope',
  'vault',
  'proof',
]

/** JSON lines of events with fields. Errors are reduced to what never quotes input, requests to method and route. */
export function createLogger({ service, level, pod, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, ...(pod !== undefined && { pod }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), remove: true },
    serializers: {
      err: (error: unknown) => redactError(error),
      error: (error: unknown) => redactError(error),
      req: (req: { id?: string; method?: string; routeOptions?: { url?: string } }) => ({
        id: req.id,
        method: req.method,
        route: req.routeOptions?.url,
      }),
      res: (res: { statusCode?: number }) => ({ status: res.statusCode }),
    },
  }
  // Written at once: a line about the end of the process must not be overtaken by it. We log little enough for that.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: true }))
}
