import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@fastchat/testkit'
import type { Manifest } from '@fastchat/tools/manifest'
import { ofKind } from '@fastchat/tools/workloads'
import type { IDeployment } from 'kubernetes-models/apps/v1'
import { assertSupported } from './assert-supported.ts'
import { podOfJob, podsOfDeployment, podsOfStatefulSet, replacesPods } from './controllers.ts'
import { Network } from './network.ts'
import { type Ending, Pod } from './pod.ts'
import type { PodObject } from './pod-object.ts'
import { Services } from './services.ts'

const readyWithinMs = 180_000

export type ClusterOptions = {
  /** The rendered manifests, Secrets included. */
  readonly objects: readonly Manifest[]
  /** The folder for volumes and logs. */
  readonly folder: string
}

/**
 * A Kubernetes cluster on one machine. With podman it does the work of the API server, the
 * controllers, the kubelet, DNS and kube-proxy for rendered manifests. It supports the fields that
 * the manifests here use, and rejects others. It does not enforce NetworkPolicies.
 */
export class Cluster {
  #objects: readonly Manifest[]
  readonly #folder: string
  readonly #network: Network
  readonly #pods = new Map<string, Pod>()
  readonly #generations = new Map<string, number>()
  readonly #troubles: Error[] = []
  #attempts = 0
  #services: Services | undefined

  private constructor({ objects, folder }: ClusterOptions, network: Network) {
    this.#objects = objects
    this.#folder = folder
    this.#network = network
  }

  /** Starts all pods at once, as `kubectl apply` does. `untilReady` resolves when they are up. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { objects, folder } = options
    await mkdir(join(folder, 'logs'), { recursive: true })
    const cluster = new Cluster(options, await Network.create())
    cluster.#services = await Services.open(objects, () => cluster.#pods.values(), cluster.#network)
    for (const set of ofKind(objects, 'StatefulSet'))
      for (const pod of podsOfStatefulSet(set, 0)) cluster.#startPod(pod)
    for (const one of ofKind(objects, 'Deployment')) for (const pod of podsOfDeployment(one)) cluster.#startPod(pod)
    return cluster
  }

  get pods(): readonly Pod[] {
    return [...this.#pods.values()]
  }

  pod(name: string): Pod {
    const pod = this.#pods.get(name)
    if (!pod) throw new Error(`there is no pod ${name}. The pods are ${[...this.#pods.keys()].join(', ')}`)
    return pod
  }

  /** Returns the pods of a Deployment or StatefulSet. */
  podsOf(workload: string): Pod[] {
    return this.pods.filter(({ object }) => object.labels['app.kubernetes.io/name'] === workload)
  }

  get restarts(): number {
    return this.pods.reduce((sum, { restarts }) => sum + restarts, 0)
  }

  async forward(service: string, localPort: number): Promise<void> {
    await this.#services?.forward(service, localPort)
  }

  /** Resolves when all pods, or those that are named, are ready. */
  async untilReady(...names: readonly string[]): Promise<void> {
    await eventually(
      () => {
        const [trouble] = this.#troubles
        if (trouble) throw trouble
        const waiting = this.pods.filter(
          ({ name, isReady }) => !isReady && (names.length === 0 || names.includes(name)),
        )
        if (waiting.length > 0)
          throw new Error(waiting.map(({ name, phase }) => `${name} is not ready (${phase})`).join(', '))
      },
      { timeoutMs: readyWithinMs, everyMs: 100 },
    )
  }

  /**
   * Runs a Job to its end, with as many attempts as its backoffLimit allows. A Job may run several
   * times.
   *
   * @returns the path of its log
   */
  async runJob(name: string): Promise<string> {
    const job = this.#job(name)
    for (let left = job.spec?.backoffLimit ?? 6; ; left--) {
      const pod = this.#startPod(podOfJob(job, ++this.#attempts))
      await pod.done
      const { phase } = pod
      await this.#end(pod)
      if (phase === 'Succeeded') return pod.logFile()
      if (left === 0) throw new Error(`${name} has failed. Its log is ${pod.logFile()}.`)
    }
  }

  /** Starts a Job and returns its pod while it runs. */
  beginJob(name: string): Pod {
    return this.#startPod(podOfJob(this.#job(name), ++this.#attempts))
  }

  /** Deletes a pod. Its StatefulSet starts it again at once, at another address. */
  async delete(name: string): Promise<Ending> {
    const pod = this.pod(name)
    const ending = await this.#end(pod)
    this.#startPod(pod.object)
    return ending
  }

  /** Ends a pod as when its node is lost. @returns a function that starts it on another node */
  async lose(name: string): Promise<() => void> {
    const pod = this.pod(name)
    await pod.lose()
    this.#pods.delete(name)
    return () => void this.#startPod(pod.object)
  }

  /**
   * Applies later manifests as `kubectl apply` does. New Jobs run, and pods whose templates changed
   * are replaced, those of all workloads at the same time. Resolves when that is done.
   *
   * @returns the workloads that were replaced
   */
  async apply(objects: readonly Manifest[]): Promise<string[]> {
    const former = this.#objects
    this.#objects = objects
    const changed = <T extends Manifest>(all: readonly T[]) =>
      all.filter((next) =>
        replacesPods(
          former.find(({ kind, metadata }) => kind === next.kind && metadata.name === next.metadata.name),
          next,
        ),
      )
    const jobs = ofKind(objects, 'Job').filter(
      (job) => !former.some(({ kind, metadata }) => kind === 'Job' && metadata.name === job.metadata.name),
    )
    const deployments = changed(ofKind(objects, 'Deployment'))
    const sets = changed(ofKind(objects, 'StatefulSet'))
    await Promise.all([
      ...jobs.map(({ metadata }) => this.runJob(metadata.name)),
      ...deployments.map((one) => this.#surge(one)),
      ...sets.map(({ metadata }) => this.rollOut(metadata.name, () => {})),
    ])
    return [...deployments, ...sets].map(({ metadata }) => metadata.name).toSorted()
  }

  /**
   * Replaces pods one by one: starts a new one, and ends an old one when the new one is ready
   * (`maxSurge: 1`, `maxUnavailable: 0`).
   */
  async #surge(deployment: IDeployment & Manifest): Promise<void> {
    const former = this.podsOf(deployment.metadata.name)
    for (const object of podsOfDeployment(deployment)) {
      this.#startPod(object)
      await this.untilReady(object.name)
      await delay((deployment.spec?.minReadySeconds ?? 0) * 1_000)
      const [last] = former.splice(0, 1)
      if (last) await this.#end(last)
    }
    await Promise.all(former.map((pod) => this.#end(pod)))
  }

  /**
   * Restarts a StatefulSet as `kubectl rollout restart` does: from the last pod to the first, each
   * when the one before has been ready for `minReadySeconds`.
   */
  async rollOut(name: string, onEnding: (pod: string, ending: Ending) => void): Promise<void> {
    const set = ofKind(this.#objects, 'StatefulSet').find(({ metadata }) => metadata.name === name)
    if (!set) throw new Error(`there is no StatefulSet ${name}`)
    const generation = (this.#generations.get(name) ?? 0) + 1
    this.#generations.set(name, generation)
    for (const object of podsOfStatefulSet(set, generation).toReversed()) {
      onEnding(object.name, await this.#end(this.pod(object.name)))
      this.#startPod(object)
      await this.untilReady(object.name)
      await delay((set.spec?.minReadySeconds ?? 0) * 1_000)
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.lose()))
    await this.#services?.close()
    await this.#network.remove()
  }

  #job(name: string) {
    const job = ofKind(this.#objects, 'Job').find(({ metadata }) => metadata.name === name)
    if (!job) throw new Error(`there is no Job ${name}`)
    return job
  }

  #startPod(object: PodObject): Pod {
    assertSupported(object)
    const pod = new Pod(object, this.#network.podAddress(), {
      network: this.#network.name,
      nameServer: this.#network.gateway,
      searches: Services.searches(object.namespace),
      objects: this.#objects,
      folder: this.#folder,
    })
    this.#pods.set(object.name, pod)
    pod.start().catch((error) => this.#troubles.push(error as Error))
    return pod
  }

  async #end(pod: Pod): Promise<Ending> {
    const ending = await pod.stop()
    this.#pods.delete(pod.name)
    return ending
  }
}
