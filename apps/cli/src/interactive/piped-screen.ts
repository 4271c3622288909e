import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Screen } from './screen.ts'

/**
 * Returns a screen for lines from a pipe or file. It reads them when they are asked for, so none is
 * lost before the client is ready.
 */
export function pipedScreen(stdin: Readable, stdout: Writable): Screen {
  const closing = new AbortController()
  return {
    isTerminal: false,
    size: { columns: 80, rows: 24 },
    typed: '',
    print: (text) => void stdout.write(text),
    replace: () => {},
    printPicture: () => {},
    setTyped: () => {},
    setKeys: () => {},
    ring: () => {},
    setPrompt: () => {},
    setNotice: () => {},
    setSigns: () => {},
    onTyped: () => {},
    setWaiting: () => {},
    async *lines() {
      if (closing.signal.aborted) return
      const readline = createInterface({ input: stdin, terminal: false, signal: closing.signal })
      for await (const line of readline) yield line
    },
    aside: (work) => work(),
    end: () => {},
    close: () => closing.abort(),
  }
}
