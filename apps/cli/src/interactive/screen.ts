/** The keys with a special meaning, and what is done at Enter. */
export type ScreenKeys = {
  /** The up arrow in an empty line. Returns whether that did something. */
  up(): boolean
  escape(): void
  /** Called at Ctrl-O: the person wants another chat. */
  switch(): void
  /** Returns the line to do in place of an entered one. */
  enter(line: string): string
}

/** The place where the interactive mode shows lines and reads them. */
export type Screen = {
  /** Whether a person sits at a terminal. Otherwise lines come from a pipe or file. */
  readonly isTerminal: boolean
  /**
   * Shows whole lines, above the one being typed.
   * @param key names its rows, for `replace`
   */
  print(text: string, key?: string): void
  /** Changes the rows that were printed with this key, if they are still on the screen. */
  replace(key: string, text: string): void
  /** Shows a picture of this many rows: codes that draw it from the cursor on. */
  printPicture(codes: string, rows: number): void
  /** The size in letters. */
  readonly size: { readonly columns: number; readonly rows: number }
  /** The line being typed. */
  readonly typed: string
  /** Replaces the line being typed. */
  setTyped(line: string): void
  setPrompt(prompt: string): void
  /** Shows a notice about the connection until the next call. An empty notice shows nothing. */
  setNotice(notice: string): void
  /** Shows receipts, typing and presence until the next call. */
  setSigns(signs: string): void
  /** Calls `listen` with the typed line after each key. */
  onTyped(listen: (line: string) => void): void
  /** Asks `keys` about some keys, before they change the line. */
  setKeys(keys: ScreenKeys): void
  /** Rings the bell of the terminal. */
  ring(): void
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
