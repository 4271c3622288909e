/**
 * Returns the answer to a message, or undefined for none. In a group the bot answers only messages
 * that mention it. It answers no answers: two bots would talk for ever.
 */
export function answerTo({ text, payload }, { kind, me }) {
  if (text === '' || payload.replyTo !== undefined) return undefined
  if (kind === 'group' && !payload.mentions?.includes(me)) return undefined
  return `You said: ${text}`
}
