import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleCode } from './bundle-code.ts'
import { bundleTypes } from './bundle-types.ts'
import { manifest } from './manifest.ts'
import { notices } from './notices.ts'
import { clientFolder, root } from './paths.ts'

/**
 * Builds the package of the SDK in a folder. What was in the folder before is removed. `repository`
 * is the address of the sources.
 */
export async function buildSdk(folder: string, repository?: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const node = await bundleCode({ platform: 'node', folder })
  const browser = await bundleCode({ platform: 'browser', folder })
  await bundleTypes(folder)
  const inside = new Set([...node.packages, ...browser.packages, 'typebox'])
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(await manifest(repository), undefined, 2)}\n`)
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), await notices(inside))
  for (const name of ['README.md', 'CHANGELOG.md']) await copyFile(join(clientFolder, name), join(folder, name))
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}
