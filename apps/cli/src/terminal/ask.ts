import type { Key } from 'node:readline'
import type { Writable } from 'node:stream'
import stringWidth from 'string-width'
import { CliError, exitCodes } from '../cli-error.ts'
import type { Keyboard, Listener } from './keyboard.ts'

/** Letters of an answer that are kept. No name or password is longer. */
const maxAnswerLetters = 1_024

const erased = (text: string): string => '\b \b'.repeat(stringWidth(text))

/**
 * Asks for one line. With `isHidden` the terminal does not show it. A paste gives its first line.
 *
 * @throws {CliError} `interrupted` on Ctrl-C, and on Ctrl-D before anything is typed.
 */
export function ask(
  keyboard: Keyboard,
  terminal: Writable,
  question: string,
  { isHidden = false }: { readonly isHidden?: boolean } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    terminal.write(question)
    let typed: string[] = []
    const show = (text: string) => {
      if (!isHidden) terminal.write(text)
    }
    const end = (settle: () => void) => {
      keyboard.leave(listener)
      terminal.write('\n')
      settle()
    }
    const add = (text: string) => {
      for (const letter of text) {
        if (letter < ' ' || typed.length >= maxAnswerLetters) continue
        typed.push(letter)
        show(letter)
      }
    }
    const giveUp = () => end(() => reject(new CliError('interrupted', 'Interrupted', exitCodes.interrupted)))
    const press = (text: string | undefined, key: Key) => {
      const isEnd = key.ctrl && key.name === 'd'
      if ((key.ctrl && key.name === 'c') || (isEnd && typed.length === 0)) giveUp()
      else if (isEnd || key.name === 'return' || key.name === 'enter') end(() => resolve(typed.join('')))
      else if (key.name === 'backspace') show(erased(typed.pop() ?? ''))
      else if (key.ctrl && key.name === 'u') {
        show(erased(typed.join('')))
        typed = []
      } else if (!key.ctrl && !key.meta) add(text ?? '')
    }
    const listener: Listener = {
      take(stroke) {
        if (stroke.type === 'paste') add(stroke.text.split('\n', 1)[0] ?? '')
        else press(stroke.text, stroke.key)
      },
      suspend: () => terminal.write('\n'),
      resume: () => terminal.write(`${question}${isHidden ? '' : typed.join('')}`),
    }
    keyboard.listen(listener)
  })
}
