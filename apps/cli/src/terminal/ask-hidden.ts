import type { Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { CliError, exitCodes } from '../cli-error.ts'

const enter = ['\r', '\n', '\u0004']
const interrupt = '\u0003'
const erase = ['\u007f', '\b']
const eraseAll = '\u0015'

/** Asks for a line that the terminal does not show. @throws {CliError} `interrupted` on Ctrl-C. */
export function askHidden(question: string, stdin: ReadStream, stderr: Writable): Promise<string> {
  return new Promise((resolve, reject) => {
    // First: who answers at once, as a password manager does, is not shown either.
    stdin.setRawMode(true)
    stderr.write(question)
    stdin.setEncoding('utf8')
    let typed = ''
    const end = () => {
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
    }
    // With an encoding set, chunks are whole letters.
    const take = (chunk: string | Buffer) => {
      for (const letter of String(chunk)) {
        if (letter === interrupt) {
          end()
          return reject(new CliError('interrupted', 'Interrupted', exitCodes.interrupted))
        }
        if (enter.includes(letter)) {
          end()
          return resolve(typed)
        }
        if (erase.includes(letter)) typed = Array.from(typed).slice(0, -1).join('')
        else if (letter === eraseAll) typed = ''
        else if (letter >= ' ') typed += letter
      }
    }
    stdin.on('data', take)
    stdin.resume()
  })
}
