// biome-ignore lint/suspicious/noControlCharactersInRegex: each code of a picture is one of these.
const sequences = /\u001b_[^\u001b]*\u001b\\|\u001b\][^\u0007]*\u0007/g

/**
 * Returns codes in the form that tmux passes on to the terminal around it. The person has to allow
 * that: `set -g allow-passthrough on`.
 */
export const throughTmux = (codes: string): string =>
  codes.replace(sequences, (code) => `\u001bPtmux;${code.replaceAll('\u001b', '\u001b\u001b')}\u001b\\`)
