/**
 * Something that only the person at the keyboard can mend: a taken port, a missing program, a folder that can't be written.
 * The message is one line that says what is wrong and what to do; it is shown without a stack.
 */
export class OperatorError extends Error {
  override name = 'OperatorError'
}
