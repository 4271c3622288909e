// Plain JavaScript, since it runs before the program is loaded.

/**
 * Turns off the echo of the terminal if this command may ask for a password. Loading takes a
 * moment, and a password typed in that moment would be shown. Nothing typed is lost: the program
 * reads it, and Ctrl-C among it, as soon as it has loaded. Node restores the terminal when the
 * process ends.
 * @param words the command line, without the program
 */
export function hideEarlyTyping(words, { stdin, env }) {
  if (stdin.isTTY && mayAsk(words, env)) stdin.setRawMode(true)
}

/** The program opens the terminal itself for these commands, so raw mode always ends. */
function mayAsk(words, env) {
  const [first, second] = words
  if (first === undefined || first === 'chat' || /^--(quiet|pictures|notify-)/.test(first))
    return !words.includes('--help') && !words.includes('-h')
  if (env.FASTCHAT_PASSWORD || env.FASTCHAT_PASSWORD_FILE) return false
  if (words.some((word) => ['--password-stdin', '--help', '-h'].includes(word))) return false
  const family = { devices: ['revoke'], recovery: ['new'], account: ['delete'] }[first]
  return ['signup', 'login', 'passwd'].includes(first) || family?.includes(second) === true
}
