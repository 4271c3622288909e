/** An unfinished answer longer than this is not an answer. */
const maxHeld = 512

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: answers are control codes.
/**
 * Matches the answers of terminals: device attributes (DA1), sizes in pixels (CSI t), and those of
 * kitty's graphics protocol.
 */
const answer = /\u001b\[\?[0-9;]*c|\u001b\[[0-9;]*t|\u001b_G[^\u001b]*\u001b\\/g
/** The beginning of an answer at the end of a text. No key of a keyboard begins so. */
const begun = /\u001b(?:\[\?[0-9;]*|_G[^\u001b]*\u001b?)$/
/** The same, while an answer is expected: a key may begin so, too. */
const maybeBegun = /\u001b(?:\[?[0-9;]*|_?|\[\?[0-9;]*|_G[^\u001b]*\u001b?)$/
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above.

/** Takes the answers of a terminal out of what comes from its keyboard, whenever they come. */
export class TerminalAnswers {
  #held = ''
  #listen: ((answer: string) => void) | undefined

  /** Returns the text without answers. The beginning of one waits for the rest. */
  take(text: string): string {
    let rest = ''
    let from = 0
    const all = this.#held + text
    for (const match of all.matchAll(answer)) {
      rest += all.slice(from, match.index)
      from = match.index + match[0].length
      this.#listen?.(match[0])
    }
    const tail = all.slice(from)
    const open = (this.#listen ? maybeBegun : begun).exec(tail)
    this.#held = open && open[0].length <= maxHeld ? open[0] : ''
    return rest + tail.slice(0, tail.length - this.#held.length)
  }

  /** Calls `listen` with each answer from now on. Undefined: none is expected. */
  expect(listen: ((answer: string) => void) | undefined): void {
    this.#listen = listen
  }

  /** Returns what was held, if it has not become an answer. */
  release(): string {
    const held = this.#held
    this.#held = ''
    return held
  }
}
