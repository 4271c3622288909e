import { join } from 'node:path'
import { type Release, readRelease } from '../k8s/release.ts'
import { type Bases, ensureBases } from './bases.ts'
import { buildImage } from './build-image.ts'
import { podman } from './containers.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** The targets of the Dockerfile. */
export const targets = ['admin', 'auth', 'balancer', 'chat', 'migrate', 'setup', 'web', 'ws-router'] as const
export type ImageTarget = (typeof targets)[number]

/** The names of the stores' images in compose.yaml and the manifests. */
const stores = {
  postgres: 'docker.io/library/postgres:17.6-bookworm',
  redis: 'docker.io/library/redis:7.4.5-bookworm',
} as const

/**
 * The time of all files, in seconds since 1970. It is not the commit's time, since layers of
 * earlier builds would keep an earlier one.
 */
const epoch = Date.UTC(2026, 0, 1) / 1_000

type Plan = Bases & Release

/**
 * Builds every image of the Dockerfile under its name in the manifests, and replacements of the
 * stores' images. It uses no registry. The first build takes minutes, a later one only what has
 * changed.
 */
export async function buildImages(log: (line: string) => void = () => {}): Promise<void> {
  log('bases')
  const plan = await planOf()
  for (const target of targets) {
    log(imageOf(target, plan))
    await buildTarget(target, imageOf(target, plan), plan)
  }
  for (const [target, tag] of Object.entries(stores)) {
    log(tag)
    const [file, args] = [join(import.meta.dirname, 'stores.Dockerfile'), { BASE: plan.base }]
    await buildImage({ file, context: import.meta.dirname, tag, target, args, epoch })
  }
}

/**
 * Builds a target's image again, without a cache. Returns the digests of the first and the new
 * image, which are equal if builds are repeatable.
 */
export async function buildAgain(target: ImageTarget): Promise<{ readonly first: string; readonly again: string }> {
  const plan = await planOf()
  const tag = `localhost/fastchat-again/${target}:${plan.version}`
  await buildTarget(target, tag, plan, true)
  const [first, again] = [await digestOf(imageOf(target, plan)), await digestOf(tag)]
  // podman would remove an image with its last name, so both are given.
  await podman(['untag', tag, tag])
  return { first, again }
}

/**
 * Gives the images of this release the tags of another version. @returns a function that removes
 * those tags
 */
export async function tagAs(version: string): Promise<() => Promise<void>> {
  const release = readRelease()
  const named = targets.filter((target) => target !== 'ws-router')
  const next = { ...release, version }
  for (const target of named) await podman(['tag', imageOf(target, release), imageOf(target, next)])
  return async () => {
    for (const target of named) await podman(['untag', imageOf(target, next), imageOf(target, next)])
  }
}

/** Returns the bytes of a target's image, layers that it shares with others included. */
export async function sizeOf(target: ImageTarget): Promise<number> {
  return Number(await podman(['image', 'inspect', '--format', '{{.Size}}', imageOf(target, readRelease())]))
}

const imageOf = (target: ImageTarget, { version, router }: Release) =>
  `docker.io/fastchat/${target}:${target === 'ws-router' ? router : version}`

const digestOf = (tag: string) => podman(['image', 'inspect', '--format', '{{.Id}}', tag])

async function planOf(): Promise<Plan> {
  return { ...(await ensureBases(epoch)), ...readRelease() }
}

async function buildTarget(target: ImageTarget, tag: string, plan: Plan, isFresh = false): Promise<void> {
  const args = { BASE: plan.base, BUILD_BASE: plan.buildBase }
  await buildImage({ file: join(root, 'Dockerfile'), context: root, tag, target, args, epoch, isFresh })
}
