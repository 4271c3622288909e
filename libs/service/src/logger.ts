import { type DestinationStream, type Level, type Logger, pino } from 'pino'
import { redactError } from './redact-error.ts'

export type { Logger }

export type LoggerOptions = {
  readonly service: string
  readonly level: Level | 'silent'
  readonly pod?: string
  /** The destination; standard output by default. Tests capture it. */
  readonly destination?: DestinationStream
}

/** Fields that no code should log. This list is a second line of defence. */
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

/**
 * Creates a logger that writes events as JSON lines. It reduces errors to parts that never quote
 * input, and requests to method and route.
 */
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
  // Writes are synchronous, so the last line is out before the process ends. We log little enough
  // for that.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: true }))
}
