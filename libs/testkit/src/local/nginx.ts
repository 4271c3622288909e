import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findOrInstall, firstThatRuns } from './find-program.ts'
import type { Package } from './install-package.ts'
import { OperatorError } from './operator-error.ts'
import { type Exit, lastLines, startOwnedProcess } from './owned-process.ts'
import { untilReady } from './start-process.ts'

const readyTimeoutMs = 10_000

export type StartNginxOptions = {
  /** The configuration inside `http { … }`, as in a file of /etc/nginx/conf.d. */
  readonly config: string
  /** The address that `config` listens on. */
  readonly host: string
  readonly port: number
  /** Receives a line when nginx has to be installed. */
  readonly log?: (line: string) => void
}

export type LocalNginx = {
  /** Returns the requests that have ended, a line each: method, path, status. */
  requests(): Promise<string>
  readonly exited: Promise<Exit>
  stop(): Promise<void>
}

/**
 * Starts a real nginx with this configuration. If the machine has none, it is installed first.
 * Throws OperatorError.
 */
export async function startNginx({ config, host, port, log }: StartNginxOptions): Promise<LocalNginx> {
  const program = await findOrInstall(nginx, findNginx, log)
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-nginx-'))
  const clean = () => rm(folder, { recursive: true, force: true })
  const file = join(folder, 'nginx.conf')
  await writeFile(file, mainConfig(folder, config))
  const server = await startOwnedProcess({ name: 'nginx', command: program, args: ['-e', 'stderr', '-c', file] })
  try {
    await untilReady(server, () => expectListener(host, port), readyTimeoutMs)
  } catch (cause) {
    await server.stop()
    await clean()
    throw new OperatorError(`nginx did not start on port ${port}: ${lastLines(server.output(), 1)}`, { cause })
  }
  return {
    requests: () => readFile(join(folder, 'requests'), 'utf8'),
    exited: server.exited.finally(clean),
    stop: async () => {
      await server.stop(5_000)
      await clean()
    },
  }
}

const nginx: Package = { name: 'nginx', apt: 'nginx', dnf: ['nginx'], brew: ['nginx'], byHand: 'install nginx' }

/**
 * Returns the command or path of nginx. On Debian, /usr/sbin is not on the PATH of ordinary users.
 */
const findNginx = () => firstThatRuns(['nginx', '/usr/sbin/nginx'], '-v')

const mainConfig = (folder: string, config: string): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  log_format requests '$request_method $request_uri $status';
  access_log ${folder}/requests requests;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${config}
}
`

function expectListener(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}
