import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, matchesGlob, relative } from 'node:path'
import { ConfigSchema as auth } from '@fastchat/auth/config'
import { Config as balancer } from '@fastchat/balancer/config'
import { Config as chat } from '@fastchat/chat/config'
import { loadConfig } from '@fastchat/service'
import type { TObject } from 'typebox'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readRelease } from '../k8s/release.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

type Service = {
  readonly image: string
  readonly profiles?: readonly string[]
  readonly restart?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly volumes?: readonly string[]
}

/** The instructions on one line each, and those of each stage by its name. */
const dockerfile = read('Dockerfile').replaceAll(/\\\n\s*/g, '')
const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]+ /.test(line))
const stages = new Map<string, string[]>()
for (const line of instructions) {
  const [, name] = /^FROM \S+ AS (\S+)$/.exec(line) ?? []
  if (name !== undefined) stages.set(name, [])
  else [...stages.values()].at(-1)?.push(line)
}
const ofStage = (name: string) => stages.get(name) ?? []

/** The test is about this shape: a missing part fails its expectations. */
const { services } = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Service> }

test('the Dockerfile copies the manifest of every workspace and the lockfile before any source', () => {
  const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] }
  const folders = workspaces.flatMap((path) =>
    path.endsWith('/*') ? readdirSync(join(root, path.slice(0, -1))).map((name) => path.replace('*', name)) : [path],
  )
  const manifests = folders.map((folder) => `${folder}/package.json`).filter((path) => existsSync(join(root, path)))
  const copied = ofStage('manifests').filter((line) => line.startsWith('COPY '))
  expect(copied.toSorted()).toEqual(
    [
      'COPY .npmrc package.json package-lock.json ./',
      ...manifests.map((path) => `COPY ${path} ${path.slice(0, -12)}`),
    ].toSorted(),
  )
  const [first] = ofStage('packages')
  expect(first).toMatch(/^RUN npm ci --ignore-scripts --omit=dev --omit=peer --omit=optional /)
})

test('every copied path exists and is not ignored', () => {
  const sources = instructions
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1))
  expect(sources.length).toBeGreaterThan(20)
  expect(sources.filter((path) => !existsSync(join(root, path)) || isIgnored(path))).toEqual([])
})

/**
 * Says whether .dockerignore excludes a path. The last line that matches the path, or a folder
 * above it, decides.
 */
function isIgnored(path: string): boolean {
  const names = path.split('/')
  const paths = names.map((_, n) => names.slice(0, n + 1).join('/'))
  const lines = read('.dockerignore').split('\n')
  const line = lines.findLast((one) => paths.some((part) => matchesGlob(part, one.replace(/^!/, ''))))
  return line !== undefined && !line.startsWith('!')
}

test('bases are pinned by digest, and the build base has the Node of this checkout', () => {
  const bases = instructions.flatMap((line) => /^ARG (BASE|BUILD_BASE)=(\S+)$/.exec(line)?.slice(1, 3) ?? [])
  expect(bases).toEqual([
    'BASE',
    expect.stringMatching(/^docker\.io\/library\/debian:bookworm-\d{8}-slim@sha256:[0-9a-f]{64}$/),
    'BUILD_BASE',
    expect.stringMatching(/^docker\.io\/library\/node:[\d.]+-bookworm-slim@sha256:[0-9a-f]{64}$/),
  ])
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } }
  expect(bases[3]).toContain(`/node:${devDependencies.node}-`)
  const from = instructions.flatMap((line) => /^FROM (\S+)/.exec(line)?.slice(1) ?? [])
  const foreign = from.filter((base) => !stages.has(base))
  expect([...new Set(foreign)]).toEqual(['${BUILD_BASE}', '${BASE}'])
})

test('services run without root, shell or npm, and download nothing', () => {
  expect(instructions.filter((line) => line.startsWith('ADD '))).toEqual([])
  for (const name of ['app', 'setup', 'web', 'ws-router'])
    expect(ofStage(name).findLast((line) => line.startsWith('USER '))).toBe('USER 10001:10001')
  for (const name of ['admin', 'auth', 'balancer', 'chat', 'migrate']) {
    const [entrypoint, ...more] = ofStage(name).toReversed()
    // The operator's program is copied on top of the shared files.
    expect(more).toEqual(name === 'admin' ? ['COPY apps/admin apps/admin'] : [])
    const [program, , file] = JSON.parse(entrypoint?.replace('ENTRYPOINT ', '') ?? '[]') as string[] // the exec form is JSON
    expect(program).toBe('node')
    expect(existsSync(join(root, file ?? ''))).toBe(true)
  }
  expect(ofStage('app').filter((line) => /\bnpm\b|RUN/.test(line))).toEqual([])
})

test('the image of the page has its files and a server, and no packages', () => {
  const copied = ofStage('web').filter((line) => line.startsWith('COPY '))
  expect(copied.filter((line) => /node_modules|libs|services|prisma/.test(line))).toEqual([])
  expect(copied).toContain('COPY --from=page /tmp/page page')
  const [, program = ''] = /^ENTRYPOINT \["node", "[^"]+", "([^"]+)", "page"\]$/.exec(ofStage('web').at(-1) ?? '') ?? []
  const reached = modulesOf(join(root, program))
  // Each module that the server imports is copied, and Node has the others.
  const folders = copied.flatMap((line) => line.split(' ').slice(1, -1))
  for (const path of reached.map((file) => relative(root, file)))
    expect(
      folders.some((folder) => path === folder || path.startsWith(`${folder}/`)),
      path,
    ).toBe(true)
  expect(reached.length).toBeGreaterThan(4)
})

/** Returns the modules that a program imports, itself included. @throws if it imports a package */
function modulesOf(file: string, found = new Set<string>()): string[] {
  if (found.has(file)) return [...found]
  found.add(file)
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/\bfrom '([^']+)'$/gm)) {
    if (name.startsWith('.')) modulesOf(join(dirname(file), name), found)
    else if (!name.startsWith('node:')) throw new Error(`${file} imports ${name}`)
  }
  return [...found]
}

test('compose serves the page at the one address of the installation', () => {
  const { web } = services
  expect(web).toMatchObject({ image: expect.stringMatching(/^fastchat\/web:/), read_only: true })
  expect(web?.environment ?? {}).toEqual({})
  expect(web?.volumes ?? []).toEqual([])
  expect(read('k8s/components/front-door/nginx.conf')).toContain('set $to web.@DOMAIN@;')
})

test('the bill of materials lists the packages of the image with their hashes from the lockfile', () => {
  const output = execFileSync(process.execPath, [join(import.meta.dirname, 'sbom.mjs')], {
    cwd: root,
    encoding: 'utf8',
  })
  const { components } = JSON.parse(output) as { components: { name: string; hashes?: { content: string }[] }[] } // a CycloneDX document
  const hashes = new Map(components.map(({ name, hashes = [] }) => [name, hashes[0]?.content]))
  for (const name of [
    '@opentelemetry/sdk-trace',
    '@prisma/client',
    'argon2',
    'fastify',
    'jose',
    'pg',
    'ts-mls',
    'typebox',
    'ws',
  ])
    expect(hashes.get(name)).toMatch(/^[0-9a-f]{128}$/)
  expect([...hashes.keys()].filter((name) => name.startsWith('@fastchat/'))).toEqual([])
})

/** The hash of the routers' image stage for each version in k8s/components/release/release.yaml. */
const routerStages: Readonly<Record<string, string>> = { '1.0.0': '3ca11d69692e1dc9' }

test('the image of the routers changes only with its version, so a release does not cut every socket', () => {
  const stage = createHash('sha256').update(ofStage('ws-router').join('\n')).digest('hex').slice(0, 16)
  // A changed stage needs another version: raise `router` in release.yaml and compose.yaml, and add
  // the pair here.
  expect(routerStages[readRelease().router]).toBe(stage)
})

test('compose runs images of this version, confined', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  const release = readRelease()
  expect(release.version).toBe(version)
  const own = Object.entries(services).filter(([, { image }]) => image.startsWith('fastchat/'))
  for (const [name, { image, read_only, cap_drop }] of own) {
    const [, target = ''] = /^fastchat\/([a-z-]+):(.*)$/.exec(image) ?? []
    expect(stages.has(target), image).toBe(true)
    expect(image).toBe(`fastchat/${target}:${target === 'ws-router' ? release.router : version}`)
    expect(cap_drop, name).toEqual(['ALL'])
    if (name !== 'setup') expect(read_only, name).toBe(true)
  }
  for (const { image } of Object.values(services)) expect(image).toMatch(/:[\w.-]*\d/)
})

test.each([
  ['auth', auth],
  ['balancer', balancer],
  ['chat-0', chat],
  ['chat-1', chat],
] as [string, TObject][])('%s would start with what compose gives it, and reads all of it', (name, schema) => {
  const given = services[name]?.environment ?? {}
  const env = Object.entries(given).map(([variable, written]) => {
    // Compose puts the default in the place of a variable that the operator has not set.
    const value = written.replace(/^\$\{\w+:-(.*)\}$/, '$1')
    const plain = variable.replace(/_FILE$/, '')
    if (variable in schema.properties || !(plain in schema.properties)) return [variable, value]
    return [plain, madeBySetup[value.replace('/etc/fastchat/', '')] ?? '']
  })
  expect(
    env.map(([variable]) => variable).filter((one) => one !== 'LOG_LEVEL' && !(one! in schema.properties)),
  ).toEqual([])
  expect(loadConfig(schema, Object.fromEntries(env))).toBeDefined()
})

test('the operator’s command runs on demand only, with a separate Redis user', () => {
  const { admin } = services
  expect(admin).toMatchObject({ profiles: ['admin'], restart: 'no' })
  expect(Object.entries(admin?.environment ?? {})).toEqual([
    ['DATABASE_URL_FILE', '/etc/fastchat/database-url'],
    ['REDIS_URL_FILE', '/etc/fastchat/redis-admin-url'],
    ['POD_HMAC_KEY_FILE', '/etc/fastchat/pod-hmac-key'],
  ])
  expect(madeBySetup['redis-admin-url']).toContain('//admin:')
  const [install] = ofStage('packages')
  expect(install).toContain(' --workspace apps/admin ')
})

/** The values that write-secrets.ts writes. */
const madeBySetup: Readonly<Record<string, string>> = {
  'database-url': 'postgresql://fastchat:x@postgres:5432/fastchat',
  'redis-admin-url': 'redis://admin:x@redis:6379',
  'redis-auth-url': 'redis://auth:x@redis:6379',
  'redis-balancer-url': 'redis://balancer:x@redis:6379',
  'redis-chat-url': 'redis://chat:x@redis:6379',
  'pod-hmac-key': 'k'.repeat(43),
  'refresh-key': 'k'.repeat(43),
  'kdf-pepper': 'k'.repeat(43),
}
