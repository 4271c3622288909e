import type { ClientConfig } from 'pg'

/** For the configuration's schema: the scheme. What follows is checked by `parseDatabaseUrl`. */
export const databaseUrlPattern = '^postgres(ql)?://'

/** For the configuration's descriptions. */
export const databaseUrlForm =
  'postgresql://user:password@host:port/database, with ?sslmode=verify-full for TLS and ?pgbouncer=true behind a pooler'

/** What to do about most URLs that are not read as they were meant. */
export const percentEncoding =
  'in user and password all but letters, digits and - . _ ~ is percent-encoded (@ is %40, / is %2F, : is %3A, # is %23, ? is %3F, % is %25)'

export const databaseCaPattern = '^-----BEGIN CERTIFICATE-----'

export const databaseCaForm =
  'Certificates (PEM) that alone are trusted to sign that of PostgreSQL; the usual ones by default'

export type DatabaseUrl = {
  /** Where to connect, as whom, and whether with TLS, as pg takes it. */
  readonly config: ClientConfig
  /** A pooler in transaction mode is in between: nothing that belongs to a session lasts. */
  readonly isPooled: boolean
}

const parameters = ['sslmode', 'pgbouncer', 'host', 'options']
/** `require` is what providers write into the addresses that they hand out; less than a checked certificate is not to be had. */
const tlsModes = new Map([
  ['disable', false],
  ['require', true],
  ['verify-full', true],
])
const hostName = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)$/

/**
 * Reads the URL of a database. pg would read it, too, but takes any parameter as a setting of its own, and whether it checks a
 * certificate depends on `sslmode`, on its version and on PGSSLMODE. Here `sslmode=verify-full` (or `require`, the same) is TLS
 * with a certificate that is valid for the host; without it there is none, and nothing in between. Of parameters only sslmode,
 * pgbouncer (`true`: a pooler in transaction mode), host (the folder of a Unix socket) and options are taken.
 *
 * @param ca authorities in PEM that alone are trusted, or undefined for those that Node trusts
 * @throws TypeError that quotes nothing of the URL, since there may be a password in it
 */
export function parseDatabaseUrl(url: string, ca?: string): DatabaseUrl {
  const parsed = URL.parse(url)
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw new TypeError(`DATABASE_URL is not ${databaseUrlForm}; ${percentEncoding}`)
  // A raw / ? or # in a password ends the host, and what follows is read as a path or a parameter: this is somewhere else.
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
      // Said even when it is the default: else the environment could turn either off.
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
