import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { npmOffline } from './npm.ts'

/** The file that npm would publish. */
export type Tarball = {
  readonly path: string
  readonly bytes: number
  readonly files: readonly string[]
}

type Packed = { readonly filename: string; readonly size: number; readonly files: readonly { readonly path: string }[] }

/** Packs a built package as `npm publish` would. The tarball is written into `target`. */
export async function packSdk(folder: string, target: string): Promise<Tarball> {
  await mkdir(target, { recursive: true })
  const output = await npmOffline(folder, ['pack', '--json', '--pack-destination', target])
  // The cast holds because this is the form of npm's answer. npm 11.6 and later name the package.
  const answer = JSON.parse(output) as readonly Packed[] | Record<string, Packed>
  const packed = Object.values(answer)[0]
  if (!packed) throw new Error(`npm has packed nothing: ${output}`)
  const files = packed.files.map(({ path }) => path).toSorted()
  return { path: join(target, packed.filename), bytes: packed.size, files }
}
