/**
 * An error that waiting does not fix: the database or its URL must be changed. The message says
 * how. It quotes nothing.
 */
export class ConnectError extends Error {
  override name = 'ConnectError'
  /** The code of Node or PostgreSQL, if there is one. */
  readonly code: string | undefined

  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.code = codeOf(cause)
  }
}

const wrongName = 'ERR_TLS_CERT_ALTNAME_INVALID'
const outOfTime = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']
/** Matches OpenSSL's other verdicts on a certificate. */
const untrusted = /CERT|ISSUER|SIGNATURE/
/** The message of pg. */
const noTls = 'The server does not support SSL connections'
/** The message of pgbouncer. */
const pooler = /^unsupported startup parameter/

/**
 * Rewords an error of connecting so that an operator knows what to change. Returns undefined for
 * other errors.
 */
export function explainConnectError(error: Error): ConnectError | undefined {
  const code = codeOf(error) ?? ''
  if (error.message === noTls)
    return new ConnectError('PostgreSQL offers no TLS, and sslmode in its URL asks for it', error)
  if (pooler.test(error.message))
    return new ConnectError('A pooler answers instead of PostgreSQL: its URL needs pgbouncer=true', error)
  if (code === wrongName)
    return new ConnectError("PostgreSQL's certificate is not for the host that its URL names", error)
  if (outOfTime.includes(code)) return new ConnectError("PostgreSQL's certificate is not valid at this time", error)
  if (untrusted.test(code))
    return new ConnectError(
      "PostgreSQL's certificate is signed by nobody who is trusted: DATABASE_CA_FILE names who is",
      error,
    )
  return undefined
}

function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown } // any value can be thrown
  return typeof code === 'string' ? code : undefined
}
