/** One way to call a path; `:name` in it stands for one segment, `:name?` for one or none. */
export type Endpoint = { readonly method: string; readonly path: string }

/**
 * Methods that `path` takes, sorted, for the `Allow` header (RFC 9110 §10.2.1). None: there is no such path. `HEAD` comes
 * with `GET`.
 */
export function allowedMethods(path: string, endpoints: Iterable<Endpoint>): string[] {
  const methods = new Set<string>()
  for (const endpoint of endpoints) if (isOf(path, endpoint.path)) methods.add(endpoint.method)
  if (methods.has('GET')) methods.add('HEAD')
  return [...methods].sort()
}

function isOf(path: string, pattern: string): boolean {
  const parts = path.split('/')
  const wanted = pattern.split('/')
  if (parts.length > wanted.length) return false
  return wanted.every((want, at) => {
    const part = parts[at]
    if (part === undefined) return want.endsWith('?')
    return want.startsWith(':') ? part !== '' : part === want
  })
}
