import { Writable } from 'node:stream'
import type { Screen } from './screen.ts'

/** Returns a stream whose text appears on a screen, above the line that is being typed. */
export function printTo(screen: Pick<Screen, 'print'>): Writable & { readonly isTTY: boolean } {
  const above = new Writable({
    decodeStrings: false,
    write: (text: string | Buffer, _encoding, done) => {
      screen.print(String(text))
      done()
    },
  })
  return Object.assign(above, { isTTY: true })
}
