import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './paths.ts'

/** The licences that code inside the package may have. */
const allowed = ['MIT', 'BlueOak-1.0.0', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause']

/**
 * Returns the licences of the packages whose code is inside the SDK, as one text.
 *
 * @throws {Error} for a licence that nobody has allowed, or one without a text
 */
export async function notices(packages: Iterable<string>): Promise<string> {
  const parts: string[] = []
  for (const name of [...packages].toSorted()) {
    const folder = join(root, 'node_modules', name)
    // The cast holds because npm installs no package without these fields.
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, string>
    const { version, license = 'none' } = manifest
    if (!allowed.includes(license)) throw new Error(`${name} has the licence ${license}, which is not in the list`)
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one))
    if (file === undefined) throw new Error(`${name} has no file with its licence`)
    const change = name === 'ts-mls' ? ', changed by FastChat' : ''
    const text = await readFile(join(folder, file), 'utf8')
    parts.push(`${name} ${version} (${license}${change})\n\n${text.trim()}\n`)
  }
  return `This package contains code of the following packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
