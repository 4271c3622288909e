import { once } from 'node:events'
import { connect } from 'node:net'
import type { IContainer, IProbe } from 'kubernetes-models/v1'

export type Handler = Pick<IProbe, 'httpGet' | 'exec' | 'tcpSocket'>

/** The container of a probe or hook, and how to reach it. */
export type Target = {
  readonly ip: string
  readonly container: IContainer
  /** Runs a command inside the container. Rejects unless it ends with 0. */
  readonly execute: (command: readonly string[], timeoutMs: number) => Promise<void>
}

/**
 * Runs the handler of a probe or a lifecycle hook once. @throws when it fails or takes longer than
 * `timeoutMs`
 */
export async function handle({ httpGet, exec, tcpSocket }: Handler, target: Target, timeoutMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs)
  if (httpGet !== undefined) {
    const url = `http://${target.ip}:${portNumber(target.container, httpGet.port)}${httpGet.path ?? '/'}`
    const { status, body } = await fetch(url, { signal, redirect: 'manual' })
    await body?.cancel()
    if (status < 200 || status >= 400) throw new Error(`${httpGet.path} answers ${status}`)
  } else if (tcpSocket !== undefined) {
    const socket = connect({ host: target.ip, port: portNumber(target.container, tcpSocket.port) })
    try {
      await once(socket, 'connect', { signal })
    } finally {
      socket.destroy()
    }
  } else if (exec !== undefined) await target.execute(exec.command ?? [], timeoutMs)
  else throw new Error('the handler is of an unknown kind')
}

/** Returns the number of a port, which may be given by name. */
export function portNumber({ name, ports = [] }: IContainer, port: number | string): number {
  if (typeof port === 'number') return port
  const found = ports.find((it) => it.name === port)
  if (found === undefined) throw new Error(`container ${name} has no port ${port}`)
  return found.containerPort
}
