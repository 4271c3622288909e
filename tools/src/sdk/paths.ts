import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..', '..')
export const clientFolder = join(root, 'libs', 'client')
/** The folder of the package that is published. It is made by `npm run sdk`, and not committed. */
export const sdkFolder = join(clientFolder, 'dist')
const source = join(clientFolder, 'src')

const entry = (name: string) => join(source, 'sdk', `${name}.ts`)

/** The entries of the package by name. `node` needs Node, `web` a browser, and `index` neither. */
export const entries = { index: entry('index'), node: entry('node'), web: entry('web') } as const
/** The web worker that derives keys from a password in browsers. */
export const worker = join(source, 'account', 'kdf-worker.ts')
