import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureBases } from './bases.ts'
import { buildImage } from './build-image.ts'
import { command } from './command.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const targets = ['auth', 'balancer', 'chat', 'migrate', 'setup', 'ws-router'] as const

/** As compose.yaml and the manifests call them. */
const stores = {
  postgres: 'docker.io/library/postgres:17.6-bookworm',
  redis: 'docker.io/library/redis:7.4.5-bookworm',
} as const

/**
 * Builds every image of the Dockerfile as `fastchat/<target>:<version>`, and stand-ins for the stores' images. No registry is asked.
 * Takes minutes at first, then what changed.
 */
export async function buildImages(log: (line: string) => void = () => {}): Promise<void> {
  const epoch = Number(await command('git', ['log', '-1', '--format=%ct'], { cwd: root }))
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string } // as in every package.json
  log('bases')
  const { base, buildBase } = await ensureBases(epoch)
  const file = join(root, 'Dockerfile')
  const args = { BASE: base, BUILD_BASE: buildBase }
  for (const target of targets) {
    log(`fastchat/${target}:${version}`)
    await buildImage({ file, context: root, tag: `docker.io/fastchat/${target}:${version}`, target, args, epoch })
  }
  for (const [target, tag] of Object.entries(stores)) {
    log(tag)
    const stand = join(import.meta.dirname, 'stores.Dockerfile')
    await buildImage({ file: stand, context: import.meta.dirname, tag, target, args: { BASE: base }, epoch })
  }
}
