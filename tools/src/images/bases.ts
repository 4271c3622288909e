import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { buildImage } from './build-image.ts'
import { command } from './command.ts'
import { podman } from './containers.ts'

const release = 'bookworm'
const mirror = 'http://deb.debian.org/debian'
/** The folders that the registry's slim images leave out, too. */
const unneeded = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*']
const bootstrapMs = 5 * 60_000

export type Bases = { readonly base: string; readonly buildBase: string }

/**
 * Returns the two base images of the Dockerfile. They are made from Debian's archive and the Node
 * of this checkout, without a registry. podman's store keeps them under a hash of their inputs, so
 * the half minute is spent once.
 */
export async function ensureBases(epoch: number): Promise<Bases> {
  const recipe = await readFile(import.meta.filename, 'utf8')
  const base = `localhost/fastchat-base:${hashOf(recipe)}`
  if (!(await exists(base))) await bootstrapDebian(base, epoch)
  const npm = npmFolder()
  const { version } = JSON.parse(await readFile(join(npm, 'package.json'), 'utf8')) as { version: string } // every package.json has it
  const buildBase = `localhost/fastchat-build-base:${hashOf(recipe + process.version + version)}`
  if (!(await exists(buildBase))) await addNode(buildBase, base, npm, epoch)
  return { base, buildBase }
}

const exists = (tag: string) =>
  podman(['image', 'exists', tag]).then(
    () => true,
    () => false,
  )

async function bootstrapDebian(tag: string, epoch: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-base-'))
  try {
    const tar = join(folder, 'base.tar')
    const excluded = unneeded.map((path) => `--dpkgopt=path-exclude=${path}`)
    const args = ['--variant=minbase', '--include=ca-certificates', ...excluded, release, tar, mirror]
    await command('mmdebstrap', args, { timeoutMs: bootstrapMs, env: { SOURCE_DATE_EPOCH: String(epoch) } })
    await podman(['import', '--quiet', tar, tag], { timeoutMs: bootstrapMs })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function addNode(tag: string, base: string, npm: string, epoch: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-base-'))
  try {
    await cp(process.execPath, join(folder, 'node'))
    await cp(npm, join(folder, 'npm'), { recursive: true })
    const file = join(import.meta.dirname, 'build-base.Dockerfile')
    await buildImage({ file, context: folder, tag, args: { BASE: base }, epoch })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns the folder of the npm that started this program. */
function npmFolder(): string {
  const script = process.env.npm_execpath
  if (script === undefined) throw new Error('start this program with npm run: the image gets that npm')
  return join(script, '..', '..')
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
