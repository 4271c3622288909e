import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { lintPackage } from '@fastchat/tools/sdk'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InstalledSdk, installSdk } from '../support/installed-sdk.ts'

/* The package of the SDK as a stranger gets it: its files, types and modules. */

const root = join(import.meta.dirname, '..', '..')
/** The time to build and install the SDK on a busy machine. */
const setupMs = 5 * 60_000
const run = promisify(execFile)

let sdk: InstalledSdk
beforeAll(async () => {
  sdk = await installSdk()
}, setupMs)
afterAll(() => sdk?.remove())

/** The files of the tarball, without the chunks that entries share: the bundler names these. */
const expectedFiles = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'THIRD-PARTY-LICENSES.txt',
  ...['index', 'kdf-worker', 'web'].flatMap((name) => [`browser/${name}.js`, `browser/${name}.js.map`]),
  ...['index', 'node'].flatMap((name) => [`node/${name}.js`, `node/${name}.js.map`]),
  'package.json',
  ...['index', 'node', 'web'].map((name) => `types/${name}.d.ts`),
]
const isChunk = (name: string) =>
  /^(browser|node)\/\w[\w-]*-[\w-]{8}\.js(\.map)?$|^types\/(client|store)\.d\.ts$/.test(name)

test('the tarball has the built files and nothing else, and no trace of this machine', async () => {
  expect(sdk.tarball.files.filter((name) => !isChunk(name))).toEqual(expectedFiles)
  console.log(`The SDK's tarball: ${Math.ceil(sdk.tarball.bytes / 1024)} KiB`)
  for (const name of sdk.tarball.files) {
    const text = await readFile(join(sdk.built, name), 'utf8')
    expect(text.includes(root), `${name} names a folder of this machine`).toBe(false)
    // Tests, and what only tests use.
    expect(/\bfrom ['"]vitest['"]|\/testing\/|\.test\.ts|PRIVATE KEY-----/.test(text), name).toBe(false)
  }
})

test('the package has what npm and its users need to know, and publint finds nothing', async () => {
  const text = await readFile(join(sdk.project, 'node_modules', '@fastchat', 'client', 'package.json'), 'utf8')
  const workspace = JSON.parse(await readFile(join(root, 'libs', 'client', 'package.json'), 'utf8')) as object
  expect(JSON.parse(text)).toMatchObject({
    ...{ name: '@fastchat/client', license: 'Apache-2.0', type: 'module', engines: { node: '>=22.13' } },
    repository: { url: 'git+https://git.example.org/fastchat.git' },
    version: 'version' in workspace && workspace.version,
  })
  for (const absent of ['private', 'dependencies', 'scripts']) expect(JSON.parse(text)).not.toHaveProperty(absent)
  expect(await lintPackage(sdk.built)).toEqual([])
  const changes = await readFile(join(sdk.built, 'CHANGELOG.md'), 'utf8')
  expect(changes).toContain(`## ${(JSON.parse(text) as { version: string }).version}\n`)
  expect(await readdir(join(sdk.project, 'node_modules', '@fastchat'))).toEqual(['client'])
})

test('the examples ask for this version of the SDK and for the fastify of the checkout', async () => {
  const read = async (...path: string[]) =>
    JSON.parse(await readFile(join(root, ...path, 'package.json'), 'utf8')) as {
      version: string
      dependencies: Record<string, string>
    }
  const [{ version }, { version: fastify }] = [await read('libs', 'client'), await read('node_modules', 'fastify')]
  const bridge = await read('examples', 'webhook-bridge')
  expect(bridge.dependencies).toEqual({ '@fastchat/client': version, fastify })
  expect((await read('examples', 'echo-bot')).dependencies).toEqual({ '@fastchat/client': version })
})

/** The code of a stranger. It names what exists, and shows that internals do not. */
const consumer = `
import { Client, ClientError, type ConversationId, createRest, type Entry, messageIdFrom, type Store } from '@fastchat/client'
import { openDevice } from '@fastchat/client/node'
import { openWebHome } from '@fastchat/client/web'

export async function page(): Promise<Client> {
  return await Client.open('u', (await openWebHome('home', { isWaiting: false })).store)
}
export async function main(store: Store): Promise<Entry[]> {
  const { client, close } = await openDevice({ url: 'u', home: 'h', username: 'n', password: () => 'p' })
  const other: Client = await Client.open('u', store)
  const chats: readonly { readonly conversation: ConversationId; readonly unread: number }[] = client.conversations()
  for await (const message of client.texts.incoming({ accept: ({ kind }) => kind === 'group' })) {
    const text: string = message.text
    const { payload } = message
    if (payload.kind === 'image') console.log(payload.file.size + payload.width, payload.caption?.length ?? 0)
    // @ts-expect-error a caption may be missing
    if (payload.kind === 'image') console.log(payload.caption.length)
    // @ts-expect-error a width is a number
    if (payload.kind === 'image') console.log(payload.width.length)
    await message.reply(text)
    const id = await messageIdFrom({ secret: new Uint8Array(32), key: message.id, atMs: message.at })
    await client.texts.send(message.conversation, text, { id })
  }
  client.on('entry', (entry) => console.log(entry.seq + chats.length))
  const code: ClientError['code'] = 'not_a_member'
  console.log(code, createRest('u').baseUrl, other.identity.userId)
  // @ts-expect-error a text is no id of a conversation
  client.conversation('text')
  // @ts-expect-error the connection is internal
  client.connection
  // @ts-expect-error the outbox is internal
  client.conversation(chats[0]!.conversation).outbox
  // @ts-expect-error there is no such code
  const wrong: ClientError['code'] = 'no_such_code'
  await close()
  return await client.history(chats[0]!.conversation, 10)
}
// @ts-expect-error the outbox is internal
import type { Outbox } from '@fastchat/client'
`

test('the types serve a strict project, by each way to resolve modules', async () => {
  const folder = join(sdk.project, 'types')
  await mkdir(folder)
  await writeFile(join(folder, 'consumer.ts'), consumer)
  const ways = [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const
  for (const [module, moduleResolution] of ways) {
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2023', lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'] },
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, types: [] },
    }
    const config = join(folder, `tsconfig.${moduleResolution}.json`)
    await writeFile(config, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout } = await run(process.execPath, [compiler, '-p', config]).catch((error: { stdout: string }) => error)
    expect(stdout, moduleResolution).toBe('')
  }
})

test('the core is bundled for browsers without warnings, and has no module of Node', async () => {
  const folder = join(sdk.project, 'page')
  await mkdir(folder)
  await writeFile(join(folder, 'index.html'), '<script type="module" src="./main.js"></script>')
  await writeFile(
    join(folder, 'main.js'),
    "import { Client } from '@fastchat/client'\nimport { openWebHome } from '@fastchat/client/web'\nglobalThis.made = { Client, openWebHome }\n",
  )
  const warnings: string[] = []
  const onLog = (_: unknown, { message }: { message: string }) => void warnings.push(message)
  const result = await build({
    ...{ root: folder, configFile: false, logLevel: 'silent' },
    build: { write: false, rolldownOptions: { onLog } },
    worker: { format: 'es', rolldownOptions: { onLog } },
  })
  if (Array.isArray(result) || !('output' in result)) throw new Error('the bundler made something else than one bundle')
  const scripts = result.output
    .filter(({ fileName }) => fileName.endsWith('.js'))
    .map((file) => (file.type === 'chunk' ? file.code : String(file.source)))
  const sizes = scripts.map((script) => Math.ceil(gzipSync(script).length / 1024))
  console.log(`The SDK's core in a page, minified and gzipped: ${sizes.join(' + ')} KiB`)
  expect(warnings).toEqual([])
  expect(result.output.some(({ fileName }) => fileName.includes('kdf-worker'))).toBe(true)
  for (const script of scripts) expect(/["'`]node:|\brequire\(/.test(script)).toBe(false)
})

test('Node imports both entries, which share one ClientError', async () => {
  const code = `
    import { ClientError } from '@fastchat/client'
    import { openDevice } from '@fastchat/client/node'
    const options = { url: 'http://127.0.0.1:1', home: './no-server', username: '-', password: () => 'x' }
    const error = await openDevice(options).catch((error) => error)
    console.log(error instanceof ClientError, error.code)
    await import('@fastchat/client/src/index.ts').catch((error) => console.log(error.code))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: sdk.project })
  expect(stdout).toBe('true invalid_name\nERR_PACKAGE_PATH_NOT_EXPORTED\n')
})
