import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { podman } from '@fastchat/tools/containers'
import type { IContainer } from 'kubernetes-models/v1'
import { containerArguments, containerName } from './container-arguments.ts'
import type { Objects, PodObject } from './pod-object.ts'
import { handle, type Target } from './probe.ts'
import { probeContainer } from './probing.ts'
import { type Exit, executeIn, exitOf, type Running, removeContainer, runContainer, signal } from './runtime.ts'
import { variablesOf } from './variables.ts'
import { mountsOf, unmountMemory } from './volumes.ts'

export type PodContext = {
  readonly network: string
  readonly nameServer: string
  readonly searches: readonly string[]
  readonly objects: Objects
  /** The folder for volumes and logs. */
  readonly folder: string
}

export type Phase = 'Init' | 'Running' | 'Terminating' | 'Succeeded' | 'Failed'

export type Ending = {
  readonly exit: Exit
  readonly seconds: number
  /** True if the grace period ended first and the pod was killed. */
  readonly isKilled: boolean
}

const defaultGraceSeconds = 30
const backOffMs = 5_000

/**
 * A pod: runs its init containers one after the other, then its container. It probes the container
 * and restarts it when it ends.
 */
export class Pod {
  readonly object: PodObject
  readonly ip: string
  phase: Phase = 'Init'
  isReady = false
  /** How often the container was restarted. */
  restarts = 0
  readonly #context: PodContext
  readonly #done = Promise.withResolvers<void>()
  #running: Running | undefined
  #ended: Promise<Exit> | undefined
  #stopsProbing = new AbortController()

  constructor(object: PodObject, ip: string, context: PodContext) {
    this.object = object
    this.ip = ip
    this.#context = context
  }

  get name(): string {
    return this.object.name
  }

  get container(): IContainer {
    const [container, ...more] = this.object.spec.containers
    if (container === undefined || more.length > 0) throw new Error(`${this.name} must have one container`)
    return container
  }

  get containerName(): string {
    return containerName(this.name, this.container.name)
  }

  /** The pid of the running container's first process, as this machine sees it. */
  get pid(): number {
    if (!this.#running) throw new Error(`${this.name} does not run`)
    return this.#running.pid
  }

  logFile(container = this.container.name): string {
    return join(this.#context.folder, 'logs', `${this.name}-${container}.log`)
  }

  /**
   * Starts the pod, and resolves when its container has started. Rejects when a container can't be
   * started.
   */
  async start(): Promise<void> {
    for (const container of this.object.spec.initContainers ?? [])
      for (;;) {
        const { code } = await this.#runToEnd(container)
        if (this.phase !== 'Init') return
        if (code === 0) break
        await delay(backOffMs)
      }
    this.phase = 'Running'
    await this.#run()
  }

  /** Resolves when a pod that ends by itself has ended. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  /**
   * Stops the pod as a deletion does. It gets no new connections, then the preStop hook runs, then
   * its image's stop signal is sent. SIGKILL follows when the grace period is over.
   */
  async stop(): Promise<Ending> {
    const startedAt = performance.now()
    const graceMs = (this.object.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1_000
    this.#stopServing()
    const running = this.#running
    if (!running) {
      await this.#remove()
      return { exit: { code: 0, isOutOfMemory: false }, seconds: 0, isKilled: false }
    }
    let isKilled = false
    const deadline = setTimeout(() => {
      isKilled = true
      signal(running, 'SIGKILL')
    }, graceMs)
    const { preStop } = this.container.lifecycle ?? {}
    // In a cluster a failed hook is only an event.
    if (preStop) await handle(preStop, this.#target(), graceMs).catch(() => {})
    signal(running, running.stopSignal)
    const exit = await (this.#ended ?? exitOf(running))
    clearTimeout(deadline)
    await this.#remove()
    return { exit, seconds: (performance.now() - startedAt) / 1_000, isKilled }
  }

  /**
   * Ends the pod as a lost node does: without a signal that it could handle, and without a restart.
   */
  async lose(): Promise<void> {
    this.#stopServing()
    if (this.#running) signal(this.#running, 'SIGKILL')
    await this.#ended
    await this.#remove()
  }

  /** Freezes the pod's processes. Their connections stay open. */
  async freeze(): Promise<void> {
    await podman(['pause', this.containerName])
  }

  async thaw(): Promise<void> {
    await podman(['unpause', this.containerName])
  }

  async execute(command: readonly string[], timeoutMs?: number): Promise<string> {
    return await executeIn(this.containerName, command, timeoutMs)
  }

  #stopServing(): void {
    this.phase = 'Terminating'
    this.isReady = false
    this.#stopsProbing.abort()
  }

  async #remove(): Promise<void> {
    for (const { name } of [...(this.object.spec.initContainers ?? []), this.container])
      await removeContainer(containerName(this.name, name))
    await unmountMemory(join(this.#folder, this.name))
  }

  get #folder(): string {
    return join(this.#context.folder, 'volumes')
  }

  async #run(): Promise<void> {
    const { container } = this
    this.#running = await runContainer(this.containerName, await this.#arguments(container))
    const ended = exitOf(this.#running)
    this.#ended = ended
    this.#stopsProbing = new AbortController()
    const { signal: stops } = this.#stopsProbing
    const verdicts = {
      onReady: (isReady: boolean) => {
        this.isReady = isReady
      },
      onDead: () => this.#running && signal(this.#running, 'SIGKILL'),
    }
    void probeContainer(this.#target(), verdicts, stops)
    void ended.then((exit) => this.#onEnd(exit)).catch((error) => this.#done.reject(error))
  }

  async #onEnd({ code }: Exit): Promise<void> {
    if (this.phase !== 'Running') return
    this.#stopsProbing.abort()
    this.isReady = false
    if (this.object.spec.restartPolicy === 'Never') {
      this.phase = code === 0 ? 'Succeeded' : 'Failed'
      this.#done.resolve()
      return
    }
    // The first restart is immediate, later ones wait.
    if (this.restarts++ > 0) await delay(backOffMs)
    if (this.phase === 'Running') await this.#run()
  }

  async #runToEnd(container: IContainer): Promise<Exit> {
    this.#running = await runContainer(containerName(this.name, container.name), await this.#arguments(container))
    const exit = await exitOf(this.#running)
    this.#running = undefined
    // The next container uses the same address.
    await removeContainer(containerName(this.name, container.name))
    return exit
  }

  async #arguments(container: IContainer): Promise<string[]> {
    const { objects, network, nameServer, searches } = this.#context
    const variables = variablesOf(container, this.object, this.ip, objects)
    const mounts = await mountsOf(this.object, container, objects, this.#folder)
    const logFile = this.logFile(container.name)
    return containerArguments(this.object, container, {
      network,
      ip: this.ip,
      nameServer,
      searches,
      variables,
      mounts,
      logFile,
    })
  }

  #target(): Target {
    const { ip, container } = this
    return { ip, container, execute: async (command, timeoutMs) => void (await this.execute(command, timeoutMs)) }
  }
}
