/** Where interactive mode shows lines and takes them. */
export type Screen = {
  /** A person at a terminal, who sees what is typed; otherwise lines come from a pipe or file. */
  readonly isTerminal: boolean
  /** Shows whole lines, above the one being typed. */
  print(text: string): void
  setPrompt(prompt: string): void
  /** Says something about the connection for as long as it holds; empty: nothing. */
  setNotice(notice: string): void
  /** Lines that are still to be done, and messages that are still to be stored. */
  setWaiting(waiting: readonly string[]): void
  /** Gives each line once; ends at the end of input, at Ctrl-C on an empty line, or when the screen has ended. */
  lines(): AsyncIterable<string>
  /** Takes no more lines; Ctrl-C calls `interrupt` from now on. */
  end(interrupt: () => void): void
  close(): void
}
