import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clientFolder } from './paths.ts'

/** The oldest Node that has `node:sqlite` without a flag. */
const nodeVersions = '>=22.13'

/**
 * Returns the package.json of the published package. Its version is that of the workspace.
 * `repository` is the address of the sources that it is built from.
 */
export async function manifest(repository: string | undefined): Promise<Record<string, unknown>> {
  // The cast holds because a test compares the versions of all workspaces.
  const { name, version } = JSON.parse(await readFile(join(clientFolder, 'package.json'), 'utf8')) as {
    name: string
    version: string
  }
  return {
    name,
    version,
    description: 'SDK of FastChat, a self-hosted, end-to-end-encrypted chat: bots, bridges and clients',
    keywords: ['chat', 'end-to-end-encryption', 'mls', 'bot', 'self-hosted'],
    license: 'Apache-2.0',
    ...(repository !== undefined && { repository: { type: 'git', url: repository, directory: 'libs/client' } }),
    type: 'module',
    engines: { node: nodeVersions },
    sideEffects: ['./browser/kdf-worker.js'],
    exports: {
      '.': { types: './types/index.d.ts', node: './node/index.js', default: './browser/index.js' },
      './node': { types: './types/node.d.ts', default: './node/node.js' },
      './web': { types: './types/web.d.ts', default: './browser/web.js' },
      './package.json': './package.json',
    },
    types: './types/index.d.ts',
    files: ['browser', 'node', 'types', 'CHANGELOG.md', 'THIRD-PARTY-LICENSES.txt'],
  }
}
