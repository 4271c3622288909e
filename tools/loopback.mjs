// Plain JavaScript for Node 20: the installation talks to itself over loopback, where no proxy of the environment has to be asked.

/** Spelled as Node's own clients and undici's each look for them. */
const loopback = ['localhost', '.localhost', '127.0.0.1', '::1', '[::1]']

/** NO_PROXY, in both spellings, with what is given in `env` and the names of this very machine. */
export function noProxyForLoopback(env) {
  const given = [env.no_proxy, env.NO_PROXY].filter((list) => list)
  const list = given.includes('*') ? '*' : [...new Set([...given, ...loopback])].join(',')
  return { NO_PROXY: list, no_proxy: list }
}
