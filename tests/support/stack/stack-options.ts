/** The choices of a test for its installation. */
export type StackOptions = {
  readonly pods?: number
  readonly logLevel?: 'info' | 'trace'
  /** More variables for the chat pods. */
  readonly podEnv?: Readonly<Record<string, string>>
  /** Returns more variables for the chat pod of this name. */
  readonly envOfPod?: (name: string) => Readonly<Record<string, string>>
  readonly authEnv?: Readonly<Record<string, string>>
  /** More variables for all services. */
  readonly env?: Readonly<Record<string, string>>
  /** The address of a proxy before the front door. */
  readonly trustProxy?: string
  /** The folder of the page's files. */
  readonly web?: string
  /** The database to use instead of a new one on the tests' PostgreSQL. */
  readonly databaseUrl?: string
  /** A folder with the secrets of an earlier installation, to use instead of new ones. */
  readonly secretsFolder?: string
  /** The Redis to use instead of a new one. */
  readonly redisUrl?: string
  /**
   * Returns the URL at which a process finds PostgreSQL or Redis, or at which the front door finds
   * a pod for clients. `url` is the direct one.
   */
  readonly reroute?: (from: string, to: 'postgres' | 'redis' | 'clients', url: string) => Promise<string>
}
