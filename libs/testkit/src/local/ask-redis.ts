import { connect } from 'node:net'

const answerTimeoutMs = 5_000
/** The reply to PING. It ends the conversation, since a Sentinel has no QUIT. */
const end = '+PONG\r\n'

export type RedisReply = string | readonly RedisReply[]

/**
 * Sends commands to a Redis on 127.0.0.1 over a new connection and returns the replies in order.
 * Setting up a cluster needs commands that client libraries do not offer. Throws at the first error
 * reply, and when nothing answers.
 */
export async function askRedis(
  port: number,
  password: string | undefined,
  commands: readonly (readonly (string | number)[])[],
): Promise<readonly RedisReply[]> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error('no answer')))
  const login = password === undefined ? [] : [['AUTH', password]]
  socket.write([...login, ...commands, ['PING'], ['QUIT']].map(encode).join(''))
  socket.setEncoding('utf8')
  let answer = ''
  for await (const text of socket) {
    answer += text
    if (answer.includes(end)) break
  }
  const replies = [...decode(answer)].slice(login.length, login.length + commands.length)
  if (replies.length !== commands.length) throw new Error(`Redis on port ${port} hung up`)
  return replies
}

function encode(args: readonly (string | number)[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`).join('')}`
}

/** Decodes RESP 2. All values here are ASCII. */
function* decode(answer: string): Iterable<RedisReply> {
  let at = 0
  function next(): RedisReply {
    const end = answer.indexOf('\r\n', at)
    const [type, word] = [answer[at], answer.slice(at + 1, end)]
    at = end + 2
    if (type === '-') throw new Error(`Redis: ${word}`)
    if (type === '*') return Array.from({ length: Math.max(0, Number(word)) }, next)
    if (type !== '$') return word
    if (word === '-1') return ''
    const value = answer.slice(at, at + Number(word))
    at += Number(word) + 2
    return value
  }
  while (at < answer.length && !answer.startsWith(end, at)) yield next()
}
