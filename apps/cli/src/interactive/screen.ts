/** The place where the interactive mode shows lines and reads them. */
export type Screen = {
  /** Whether a person sits at a terminal. Otherwise lines come from a pipe or file. */
  readonly isTerminal: boolean
  /** Shows whole lines, above the one being typed. */
  print(text: string): void
  setPrompt(prompt: string): void
  /** Shows a notice about the connection until the next call. An empty notice shows nothing. */
  setNotice(notice: string): void
  /** Shows the messages that the server has not stored yet. */
  setWaiting(waiting: readonly string[]): void
  /**
   * Yields each typed line once. Ends at the end of the input, at Ctrl-C on an empty line, or when
   * the screen has ended.
   */
  lines(): AsyncIterable<string>
  /** Gives the terminal to `work`, which asks the person something. */
  aside<T>(work: () => Promise<T>): Promise<T>
  /** Takes no more lines. Ctrl-C calls `interrupt` from now on. */
  end(interrupt: () => void): void
  close(): void
}
