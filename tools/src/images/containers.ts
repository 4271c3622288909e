import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { type CommandOptions, command, succeeds } from './command.ts'

const cacheFolder = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'fastchat')
/** More than any container here needs; what the machine allows may be less. */
const wanted = { openFiles: 65_536, processes: 8_192 }

/** What must be there, and the packages of Debian that bring it. */
const programs = ['podman', 'buildah', 'runc', 'mmdebstrap', 'iptables', 'ip']
const packages = ['podman', 'buildah', 'runc', 'mmdebstrap', 'netavark', 'aardvark-dns', 'iptables', 'iproute2']

/** @throws with what to do where containers can't be built and run */
export async function assertPossible(what: string): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error(`${what} needs Linux and root`)
  const has = await Promise.all(programs.map((program) => succeeds('sh', ['-c', `command -v ${program}`])))
  const missing = programs.filter((_, n) => !has[n])
  if (missing.length > 0)
    throw new Error(
      `${what} needs ${missing.join(', ')}: apt-get install --no-install-recommends ${packages.join(' ')}`,
    )
  await podman(['info']).catch((cause: Error) => {
    throw new Error(`${what} needs a podman that runs, and here it does not: ${cause.message}`, { cause })
  })
}

export async function podman(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return await command('podman', args, { ...options, env: { ...options.env, ...(await containersEnvironment()) } })
}

export async function buildah(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const env = { ...options.env, ...(await containersEnvironment()), BUILDAH_RUNTIME: 'runc' }
  return await command('buildah', args, { ...options, env })
}

let written: Promise<string> | undefined

/** Of our own, so that it does not matter how this machine has set podman up, nor whether it has a systemd. */
async function containersEnvironment(): Promise<Record<string, string>> {
  written ??= writeConfiguration()
  return { CONTAINERS_CONF: await written }
}

/** Renamed into place: other programs may be reading it. */
async function writeConfiguration(): Promise<string> {
  const file = join(cacheFolder, 'containers.conf')
  await mkdir(cacheFolder, { recursive: true })
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, await configuration())
  await rename(temporary, file)
  return file
}

async function configuration(): Promise<string> {
  const limits = await readFile('/proc/self/limits', 'utf8')
  const least = (name: string, most: number) => {
    const [, hard] = new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, 'm').exec(limits) ?? []
    return hard === undefined ? most : Math.min(most, Number(hard))
  }
  const [files, processes] = [least('Max open files', wanted.openFiles), least('Max processes', wanted.processes)]
  return `[containers]
default_ulimits = ["nofile=${files}:${files}", "nproc=${processes}:${processes}"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
`
}
