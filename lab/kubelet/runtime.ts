import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { podman } from '@fastchat/tools/containers'

const lookEveryMs = 50

/** A container that was started. */
export type Running = {
  readonly name: string
  /** The pid of its first process, as this machine sees it. */
  readonly pid: number
  /** The signal with which its image wants to be stopped: a name or a number. */
  readonly stopSignal: string
}

export type Exit = { readonly code: number; readonly isOutOfMemory: boolean }

/** Starts a container with the arguments of `podman run --detach`. */
export async function runContainer(name: string, args: readonly string[]): Promise<Running> {
  await podman(['rm', '--force', '--ignore', name])
  await podman(args)
  const [pid, stopSignal = 'SIGTERM'] = (
    await podman(['inspect', '--format', '{{.State.Pid}} {{.Config.StopSignal}}', name])
  ).split(' ')
  return { name, pid: Number(pid), stopSignal }
}

/** Resolves when a container has ended. */
export async function exitOf({ name, pid }: Pick<Running, 'name' | 'pid'>): Promise<Exit> {
  // podman's `wait` would query its database again and again.
  while (pid !== 0 && existsSync(`/proc/${pid}`)) await delay(lookEveryMs)
  for (;;) {
    const [state, code, isOutOfMemory] = (
      await podman(['inspect', '--format', '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}', name])
    ).split(' ')
    if (state === 'exited') return { code: Number(code), isOutOfMemory: isOutOfMemory === 'true' }
    await delay(lookEveryMs)
  }
}

export function signal({ pid }: Running, name: string): void {
  // The pid 0 would signal the process group of this process.
  if (pid !== 0 && existsSync(`/proc/${pid}`)) process.kill(pid, /^\d+$/.test(name) ? Number(name) : name)
}

export async function executeIn(name: string, command: readonly string[], timeoutMs?: number): Promise<string> {
  return await podman(['exec', name, ...command], timeoutMs === undefined ? {} : { timeoutMs })
}

export async function removeContainer(name: string): Promise<void> {
  await podman(['rm', '--force', '--ignore', name])
}
