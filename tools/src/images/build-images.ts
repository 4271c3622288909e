import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bases, ensureBases } from './bases.ts'
import { buildImage } from './build-image.ts'
import { podman } from './containers.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** Of the Dockerfile. */
export const targets = ['admin', 'auth', 'balancer', 'chat', 'migrate', 'setup', 'ws-router'] as const
export type ImageTarget = (typeof targets)[number]

/** As compose.yaml and the manifests call them. */
const stores = {
  postgres: 'docker.io/library/postgres:17.6-bookworm',
  redis: 'docker.io/library/redis:7.4.5-bookworm',
} as const

/** The time of all files, in seconds since 1970. Not the commit's: layers that a former build has left would keep that of its own. */
const epoch = Date.UTC(2026, 0, 1) / 1_000

type Plan = Bases & { readonly version: string }

/**
 * Builds every image of the Dockerfile as `fastchat/<target>:<version>`, and stand-ins for the stores' images. No registry is asked.
 * Takes minutes at first, then what changed.
 */
export async function buildImages(log: (line: string) => void = () => {}): Promise<void> {
  log('bases')
  const plan = await planOf()
  for (const target of targets) {
    log(`fastchat/${target}:${plan.version}`)
    await buildTarget(target, imageOf(target, plan.version), plan)
  }
  for (const [target, tag] of Object.entries(stores)) {
    log(tag)
    const [file, args] = [join(import.meta.dirname, 'stores.Dockerfile'), { BASE: plan.base }]
    await buildImage({ file, context: import.meta.dirname, tag, target, args, epoch })
  }
}

/** The digests of a target's image as it was built, and of one that is built from nothing now: the same, or builds do not repeat. */
export async function buildAgain(target: ImageTarget): Promise<{ readonly first: string; readonly again: string }> {
  const plan = await planOf()
  const tag = `localhost/fastchat-again/${target}:${plan.version}`
  await buildTarget(target, tag, plan, true)
  const [first, again] = [await digestOf(imageOf(target, plan.version)), await digestOf(tag)]
  // With one name podman would take away all that the image has.
  await podman(['untag', tag, tag])
  return { first, again }
}

/** Bytes of a target's image, what it shares with others included. */
export async function sizeOf(target: ImageTarget): Promise<number> {
  const { version } = await planOf()
  return Number(await podman(['image', 'inspect', '--format', '{{.Size}}', imageOf(target, version)]))
}

const imageOf = (target: ImageTarget, version: string) => `docker.io/fastchat/${target}:${version}`

const digestOf = (tag: string) => podman(['image', 'inspect', '--format', '{{.Id}}', tag])

async function planOf(): Promise<Plan> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string } // as in every package.json
  return { ...(await ensureBases(epoch)), version }
}

async function buildTarget(target: ImageTarget, tag: string, plan: Plan, isFresh = false): Promise<void> {
  const args = { BASE: plan.base, BUILD_BASE: plan.buildBase }
  await buildImage({ file: join(root, 'Dockerfile'), context: root, tag, target, args, epoch, isFresh })
}
