import { readFileSync } from 'node:fs'

const minSecretLetters = 32

/**
 * Reads the settings of the bridge from the environment.
 * @throws {Error} that names the variable, and never its value
 */
export function readSettings(env) {
  return {
    device: {
      url: env.FASTCHAT_URL ?? 'http://localhost:8080',
      home: env.FASTCHAT_HOME ?? './home',
      username: needed(env, 'FASTCHAT_USERNAME'),
      password: () => secret(env, 'FASTCHAT_PASSWORD'),
      deviceName: 'Webhook bridge',
      login: env.FASTCHAT_LOGIN === 'always' ? 'always' : 'if_needed',
    },
    host: env.BRIDGE_HOST ?? '127.0.0.1',
    port: Number(env.BRIDGE_PORT ?? 8090),
    token: longSecret(env, 'BRIDGE_TOKEN'),
    /** Undefined: messages of chats go nowhere. */
    target: env.BRIDGE_TARGET_URL ? targetUrl(env.BRIDGE_TARGET_URL) : undefined,
    signingSecret: env.BRIDGE_TARGET_URL ? longSecret(env, 'BRIDGE_SIGNING_SECRET') : undefined,
    /** The first pause before a retry. The next ones are twice as long each. */
    retryMs: Number(env.BRIDGE_RETRY_MS ?? 1_000),
  }
}

/**
 * Returns the address that messages are posted to. Only the operator names it, never a message.
 * @throws {Error} unless it is https, or http on this machine, without a name and password
 */
function targetUrl(written) {
  const url = URL.canParse(written) ? new URL(written) : undefined
  const isHere = url && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (!url || url.username || url.password || !(url.protocol === 'https:' || (url.protocol === 'http:' && isHere)))
    throw new Error('BRIDGE_TARGET_URL has to be an https address, or an http address on this machine')
  return url.href
}

function needed(env, name) {
  if (!env[name]) throw new Error(`${name} is not set`)
  return env[name]
}

function secret(env, name) {
  const file = env[`${name}_FILE`]
  return file ? readFileSync(file, 'utf8').replace(/\r?\n$/, '') : needed(env, name)
}

function longSecret(env, name) {
  const value = secret(env, name)
  if (value.length < minSecretLetters) throw new Error(`${name} is too short. Make one with: openssl rand -hex 32`)
  return value
}
