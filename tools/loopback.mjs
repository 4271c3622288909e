// Plain JavaScript for Node 20. The processes of an installation talk over loopback, where no proxy
// of the environment may come between.

/** Node's clients and undici each match some of these spellings. */
const loopback = ['localhost', '.localhost', '127.0.0.1', '::1', '[::1]']

/** Returns NO_PROXY, in both spellings: the entries of `env` and the names of this machine. */
export function noProxyForLoopback(env) {
  const given = [env.no_proxy, env.NO_PROXY].filter((list) => list)
  const list = given.includes('*') ? '*' : [...new Set([...given, ...loopback])].join(',')
  return { NO_PROXY: list, no_proxy: list }
}
