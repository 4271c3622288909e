import { createContext } from 'preact'

/**
 * Tells whether Tab stops inside a line: 0 in the line that has the focus, and -1 in the others.
 * So a long conversation takes a few presses to cross.
 */
export const LineTabContext = createContext<0 | -1>(0)
