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

export type Surroundings = {
  readonly network: string
  readonly nameServer: string
  readonly searches: readonly string[]
  readonly objects: Objects
  /** Volumes and logs. */
  readonly folder: string
}

export type Phase = 'Init' | 'Running' | 'Terminating' | 'Succeeded' | 'Failed'

export type Ending = {
  readonly exit: Exit
  readonly seconds: number
  /** It had to be killed when its time was over. */
  readonly isKilled: boolean
}

const defaultGraceSeconds = 30
const backOffMs = 5_000

/** One pod: its init containers one after the other, then its container, probed, and started again when it ends. */
export class Pod {
  readonly object: PodObject
  readonly ip: string
  phase: Phase = 'Init'
  isReady = false
  /** How often its container has been started again. */
  restarts = 0
  readonly #around: Surroundings
  readonly #done = Promise.withResolvers<void>()
  #running: Running | undefined
  #ended: Promise<Exit> | undefined
  #stopsProbing = new AbortController()

  constructor(object: PodObject, ip: string, around: Surroundings) {
    this.object = object
    this.ip = ip
    this.#around = around
  }

  get name(): string {
    return this.object.name
  }

  get container(): IContainer {
    const [container, ...more] = this.object.spec.containers
    if (container === undefined || more.length > 0) throw new Error(`${this.name} has not one container`)
    return container
  }

  get containerName(): string {
    return containerName(this.name, this.container.name)
  }

  /** The process that runs, as this machine sees it. */
  get pid(): number {
    if (!this.#running) throw new Error(`${this.name} does not run`)
    return this.#running.pid
  }

  logFile(container = this.container.name): string {
    return join(this.#around.folder, 'logs', `${this.name}-${container}.log`)
  }

  /** Begins; what becomes of it is to be seen. Rejects when it can't be run at all. */
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

  /** Of a pod that ends by itself. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  /** As when it is deleted: no new connections, preStop, the stop signal of its image, and SIGKILL when the grace period is over. */
  async stop(): Promise<Ending> {
    const startedAt = performance.now()
    const graceMs = (this.object.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1_000
    this.#leave()
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
    // A hook that fails is an event in a cluster, and no more.
    if (preStop) await handle(preStop, this.#target(), graceMs).catch(() => {})
    signal(running, running.stopSignal)
    const exit = await (this.#ended ?? exitOf(running))
    clearTimeout(deadline)
    await this.#remove()
    return { exit, seconds: (performance.now() - startedAt) / 1_000, isKilled }
  }

  /** As when its node is lost: it is gone without a word, and nobody starts it again. */
  async lose(): Promise<void> {
    this.#leave()
    if (this.#running) signal(this.#running, 'SIGKILL')
    await this.#ended
    await this.#remove()
  }

  /** Its processes stand still, and nothing of them is closed. */
  async freeze(): Promise<void> {
    await podman(['pause', this.containerName])
  }

  async thaw(): Promise<void> {
    await podman(['unpause', this.containerName])
  }

  async execute(command: readonly string[], timeoutMs?: number): Promise<string> {
    return await executeIn(this.containerName, command, timeoutMs)
  }

  #leave(): void {
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
    return join(this.#around.folder, 'volumes')
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
    // The first time at once, then slowly.
    if (this.restarts++ > 0) await delay(backOffMs)
    if (this.phase === 'Running') await this.#run()
  }

  async #runToEnd(container: IContainer): Promise<Exit> {
    this.#running = await runContainer(containerName(this.name, container.name), await this.#arguments(container))
    const exit = await exitOf(this.#running)
    this.#running = undefined
    // Its successor has the same address.
    await removeContainer(containerName(this.name, container.name))
    return exit
  }

  async #arguments(container: IContainer): Promise<string[]> {
    const { objects, network, nameServer, searches } = this.#around
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
