// `npm run images:local`: all images without a registry, into podman's store. For machines that reach npm and Debian only; elsewhere
// `docker compose build` or `docker build --target …` do.
import process from 'node:process'
import { buildImages } from './build-images.ts'
import { succeeds } from './command.ts'

const programs = ['podman', 'buildah', 'runc', 'mmdebstrap']
const packages = [...programs, 'netavark', 'aardvark-dns', 'iptables']

try {
  await assertPossible()
  await buildImages((line) => console.log(line))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function assertPossible(): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('images:local needs Linux and root')
  const has = await Promise.all(programs.map((program) => succeeds(program, ['--version'])))
  const missing = programs.filter((_, n) => !has[n])
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')} is missing: apt-get install --no-install-recommends ${packages.join(' ')}`)
}
