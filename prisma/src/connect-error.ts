/** What waiting does not mend: the database or its URL has to be changed. The message says how, and quotes nothing. */
export class ConnectError extends Error {
  override name = 'ConnectError'
  /** That of Node or Postgres, if there is one. */
  readonly code: string | undefined

  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.code = codeOf(cause)
  }
}

const wrongName = 'ERR_TLS_CERT_ALTNAME_INVALID'
const outOfTime = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']
/** The other verdicts of OpenSSL on a certificate. */
const untrusted = /CERT|ISSUER|SIGNATURE/
/** As pg says it. */
const noTls = 'The server does not support SSL connections'
/** As pgbouncer says it. */
const pooler = /^unsupported startup parameter/

/** An error of connecting in words that tell an operator what to change; undefined if it is none of these. */
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
  const { code } = Object(error) as { code?: unknown } // of anything that was thrown
  return typeof code === 'string' ? code : undefined
}
