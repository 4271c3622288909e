/** A method and a path pattern. `:name` stands for one segment, `:name?` for one or none. */
export type Endpoint = { readonly method: string; readonly path: string }

/**
 * Returns the methods that `path` takes, sorted, for the `Allow` header (RFC 9110 §10.2.1). An
 * empty list means that the path does not exist. `HEAD` comes with `GET`.
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
