import type { ClientConfig } from 'pg'

/** The scheme, for the schema of the settings. `parseDatabaseUrl` checks the rest. */
export const databaseUrlPattern = '^postgres(ql)?://'

/** The form, for descriptions of settings. */
export const databaseUrlForm =
  'postgresql://user:password@host:port/database, with ?sslmode=verify-full for TLS and ?pgbouncer=true behind a pooler'

/** Advice for the most common mistake in URLs. */
export const percentEncoding =
  'in user and password, every character but letters, digits and - . _ ~ must be percent-encoded (@ is %40, / is %2F, : is %3A, # is %23, ? is %3F, % is %25)'

export const databaseCaPattern = '^-----BEGIN CERTIFICATE-----'

export const databaseCaForm =
  'Certificates (PEM) that alone are trusted to sign that of PostgreSQL; the usual ones by default'

export type DatabaseUrl = {
  /** Host, user and TLS settings in the form of pg. */
  readonly config: ClientConfig
  /**
   * True if a pooler in transaction mode is in between. Nothing that belongs to a session lasts
   * there.
   */
  readonly isPooled: boolean
}

const parameters = ['sslmode', 'pgbouncer', 'host', 'options']
/**
 * Providers write `require` into their URLs. It gets the same checked certificate as `verify-full`.
 */
const tlsModes = new Map([
  ['disable', false],
  ['require', true],
  ['verify-full', true],
])
const hostName = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)$/

/**
 * Parses the URL of a database. pg's own parser takes any parameter as a setting, and its check of
 * certificates depends on `sslmode`, its version and PGSSLMODE. Here `sslmode=verify-full`, or
 * `require`, means TLS with a certificate that is valid for the host. Without it there is no TLS.
 * The other parameters are pgbouncer (`true`: a pooler in transaction mode), host (the folder of a
 * Unix socket) and options.
 *
 * @param ca authorities in PEM that alone are trusted, or undefined for those that Node trusts
 * @throws TypeError that quotes nothing of the URL, since it may contain a password
 */
export function parseDatabaseUrl(url: string, ca?: string): DatabaseUrl {
  const parsed = URL.parse(url)
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw new TypeError(`DATABASE_URL is not ${databaseUrlForm}; ${percentEncoding}`)
  // A raw / ? or # in a password ends the host, and the rest of the URL lands in the path or the
  // parameters.
  if (`${parsed.pathname}${parsed.search}${parsed.hash}`.includes('@') || parsed.hash !== '')
    throw new TypeError(`DATABASE_URL: the password is not percent-encoded: ${percentEncoding}`)
  const query = parsed.searchParams
  for (const name of query.keys())
    if (!parameters.includes(name)) throw new TypeError(`DATABASE_URL takes only ${parameters.join(', ')}`)
  const hasTls = tlsModes.get(query.get('sslmode') ?? 'disable')
  if (hasTls === undefined) throw new TypeError('DATABASE_URL: sslmode is disable, require or verify-full')
  if (ca !== undefined && !hasTls)
    throw new TypeError('DATABASE_CA is given, but DATABASE_URL has no sslmode=verify-full')
  const pooled = query.get('pgbouncer') ?? 'false'
  if (pooled !== 'true' && pooled !== 'false') throw new TypeError('DATABASE_URL: pgbouncer is true or false')
  const [user, password, database] = [parsed.username, parsed.password, parsed.pathname.slice(1)].map(decode)
  const options = query.get('options')
  if (options && pooled === 'true') throw new TypeError('DATABASE_URL: a pooler takes no options')
  return {
    isPooled: pooled === 'true',
    config: {
      host: hostOf(parsed),
      ...(parsed.port && { port: Number(parsed.port) }),
      ...(user && { user }),
      ...(password && { password }),
      ...(database && { database }),
      ...(options && { options }),
      // Set even to the default, because otherwise the environment could turn either off.
      ssl: hasTls && { rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
    },
  }
}

function hostOf({ hostname, searchParams }: URL): string {
  const folder = searchParams.get('host')
  if (folder === null) {
    if (hostname === '') return 'localhost'
    if (!hostName.test(hostname)) throw new TypeError('DATABASE_URL does not name one host')
    return hostname.replace(/^\[|\]$/g, '')
  }
  if (hostname !== '' || !folder.startsWith('/'))
    throw new TypeError('DATABASE_URL: host is the folder of a Unix socket, and there is no other host then')
  return folder
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError(`DATABASE_URL: the user, password or database is not percent-encoded: ${percentEncoding}`)
  }
}
