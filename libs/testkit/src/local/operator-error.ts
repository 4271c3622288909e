/**
 * An error that only the person at the keyboard can mend: a taken port, a missing program, a folder
 * that cannot be written. The message is one line: what is wrong, and what to do. It is shown
 * without a stack.
 */
export class OperatorError extends Error {
  override name = 'OperatorError'
}
