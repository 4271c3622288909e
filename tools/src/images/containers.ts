import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { type CommandOptions, command, succeeds } from './command.ts'

const cacheFolder = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'fastchat')
/**
 * The limits to ask for, more than any container here needs. The limits of the machine may be
 * lower.
 */
const wanted = { openFiles: 65_536, processes: 8_192 }

/** The programs that are needed, and the Debian packages that contain them. */
const programs = ['podman', 'buildah', 'runc', 'mmdebstrap', 'iptables', 'ip']
const packages = ['podman', 'buildah', 'runc', 'mmdebstrap', 'netavark', 'aardvark-dns', 'iptables', 'iproute2']

/** Checks that containers can be built and run. @throws Error that says what to do otherwise */
export async function assertPossible(what: string): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error(`${what} needs Linux and root.`)
  const has = await Promise.all(programs.map((program) => succeeds('sh', ['-c', `command -v ${program}`])))
  const missing = programs.filter((_, n) => !has[n])
  if (missing.length > 0)
    throw new Error(
      `${what} needs ${missing.join(', ')}. Run: apt-get install --no-install-recommends ${packages.join(' ')}`,
    )
  await podman(['info']).catch((cause: Error) => {
    throw new Error(`${what} needs podman, which fails on this machine: ${cause.message}`, { cause })
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

/**
 * Returns the environment for a separate configuration. It makes podman independent of the
 * machine's configuration, and of whether systemd runs.
 */
async function containersEnvironment(): Promise<Record<string, string>> {
  written ??= writeConfiguration()
  return { CONTAINERS_CONF: await written }
}

/** Writes the file under another name and renames it, since other programs may be reading it. */
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
