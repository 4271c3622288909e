import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSdk, npmOffline, packSdk, type Tarball } from '@fastchat/tools/sdk'

const root = join(import.meta.dirname, '..', '..')
/** The address that the package of a test names for its sources. */
const repository = 'git+https://git.example.org/fastchat.git'

/** The SDK as a stranger has it: packed, and installed from the tarball in an empty folder. */
export type InstalledSdk = {
  readonly tarball: Tarball
  /** The folder of the built package. */
  readonly built: string
  /** The folder of a stranger's project, outside this repository. */
  readonly project: string
  /** Copies an example into the project. Returns its folder. */
  example(name: string): Promise<string>
  remove(): Promise<void>
}

/** Builds and packs the SDK, and installs it without the network. */
export async function installSdk(): Promise<InstalledSdk> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-sdk-'))
  const [built, project] = [join(folder, 'built'), join(folder, 'project')]
  await buildSdk(built, repository)
  const tarball = await packSdk(built, folder)
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await npmOffline(project, ['install', tarball.path])
  // fastify is what the bridge installs beside the SDK. The checkout has the same version.
  await symlink(join(root, 'node_modules', 'fastify'), join(project, 'node_modules', 'fastify'))
  return {
    ...{ tarball, built, project },
    async example(name) {
      await cp(join(root, 'examples', name), join(project, name), { recursive: true })
      return join(project, name)
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
