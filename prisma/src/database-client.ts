import pg from 'pg'
import { type ConnectError, explainConnectError } from './connect-error.ts'
import { parseDatabaseUrl } from './database-url.ts'
import { sessionSettings } from './session-settings.ts'

export type ClientOptions = {
  /**
   * Set for a pooler in transaction mode. It may run each statement on another connection, so none
   * can be prepared for later.
   */
  readonly isPooled?: boolean
  readonly onConnectError?: ((error: ConnectError) => void) | undefined
}

type Callback = Parameters<pg.Client['connect']>[0]

declare module 'pg' {
  interface ClientBase {
    /** Returns the parameters that begin a session. The types of pg do not have it. */
    getStartupConf(): Record<string, string>
  }
}

/**
 * A client whose session has the settings that we rely on. Its errors of connecting say what to
 * change.
 */
export class DatabaseClient extends pg.Client {
  readonly #onConnectError: ClientOptions['onConnectError']
  readonly #isPooled: boolean

  constructor(config: pg.ClientConfig, { isPooled = false, onConnectError }: ClientOptions = {}) {
    super(config)
    this.#onConnectError = onConnectError
    this.#isPooled = isPooled
    if (isPooled) {
      // The overloads are those of pg.
      const query = this.query.bind(this) as (...args: unknown[]) => unknown
      this.query = ((statement: unknown, ...rest: unknown[]) => query(unnamed(statement), ...rest)) as typeof this.query
    }
  }

  override getStartupConf(): Record<string, string> {
    return { ...super.getStartupConf(), ...sessionSettings(this.#isPooled) }
  }

  override connect(): Promise<pg.Client>
  override connect(callback: Callback): void
  override connect(callback?: Callback): Promise<pg.Client> | undefined {
    if (callback) {
      // pg calls it with an error or with null.
      const tell = callback as (error: Error | null, client: pg.Client) => void
      super.connect((error: Error | null) => tell(error && this.#explain(error), this))
      return undefined
    }
    return super.connect().catch((error: Error) => Promise.reject(this.#explain(error)))
  }

  #explain(error: Error): Error {
    const explained = explainConnectError(error)
    if (explained) this.#onConnectError?.(explained)
    return explained ?? error
  }
}

/** Removes the name from a statement, so it is not kept prepared. */
function unnamed(statement: unknown): unknown {
  return typeof statement === 'object' && statement !== null && 'name' in statement
    ? { ...statement, name: undefined }
    : statement
}

/**
 * Makes a connection for a few statements; it is not open yet. If it breaks, the next statement
 * fails.
 */
export function newClient(
  databaseUrl: string,
  ca: string | undefined,
  connectTimeoutMs: number,
  settings: Pick<pg.ClientConfig, 'lock_timeout'> = {},
): DatabaseClient {
  const { config, isPooled } = parseDatabaseUrl(databaseUrl, ca)
  const client = new DatabaseClient({ ...config, ...settings, connectionTimeoutMillis: connectTimeoutMs }, { isPooled })
  client.on('error', () => undefined)
  return client
}
