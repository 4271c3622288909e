import { join } from 'node:path'
import type { Plugin } from 'vite'
import { withoutNotes } from './without-notes.ts'

const contract = join(import.meta.dirname, '..', '..', '..', 'libs', 'schema', 'src')

/**
 * Takes out of the page what it does not need of the contract: the notes of schemas and operations,
 * and the library that makes schemas. `page-typebox.ts` makes the same ones.
 */
export const pageContract = (): Plugin => ({
  name: 'fastchat-page-contract',
  enforce: 'pre',
  resolveId: (id) => (id === 'typebox' ? join(import.meta.dirname, 'page-typebox.ts') : undefined),
  transform: (code, id) => (id.startsWith(contract) ? { code: withoutNotes(code), map: null } : undefined),
})
