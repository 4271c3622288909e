import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..', '..')
export const clientFolder = join(root, 'libs', 'client')
/** The folder of the package that is published. It is made by `npm run sdk`, and not committed. */
export const sdkFolder = join(clientFolder, 'dist')
const source = join(clientFolder, 'src')

/** The entries of the package by name. `node` may use Node's modules; `index` may not. */
export const entries = { index: join(source, 'sdk', 'index.ts'), node: join(source, 'sdk', 'node.ts') } as const
/** The web worker that derives keys from a password in browsers. */
export const worker = join(source, 'account', 'kdf-worker.ts')
