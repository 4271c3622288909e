import { fits } from '@fastchat/tools/labels'
import { ofKind } from '@fastchat/tools/workloads'
import type { IService } from 'kubernetes-models/v1'
import { type NameServer, openNameServer } from './name-server.ts'
import type { Network } from './network.ts'
import type { Pod } from './pod.ts'
import type { Objects } from './pod-object.ts'
import { portNumber } from './probe.ts'
import { type Endpoint, openServiceProxy, type ServiceProxy } from './service-proxy.ts'

const domain = 'svc.cluster.local'

type Service = IService & { readonly metadata: { readonly name: string; readonly namespace?: string } }

/** The names and addresses of the Services, and their pods. */
export class Services {
  readonly #services: readonly Service[]
  readonly #pods: () => Iterable<Pod>
  readonly #addresses = new Map<string, string>()
  readonly #closers: (ServiceProxy | NameServer)[] = []

  private constructor(objects: Objects, pods: () => Iterable<Pod>) {
    this.#services = ofKind<IService>(objects, 'Service')
    this.#pods = pods
  }

  static async open(objects: Objects, pods: () => Iterable<Pod>, network: Network): Promise<Services> {
    const services = new Services(objects, pods)
    for (const service of services.#services) if (!isHeadless(service)) await services.#assignAddress(service, network)
    services.#closers.push(await openNameServer(network.gateway, (name) => services.#lookup(name)))
    return services
  }

  /** Returns the search domains of the pods of a namespace. */
  static searches(namespace: string): string[] {
    return [`${namespace}.${domain}`, domain, 'cluster.local']
  }

  /** Forwards a port of this machine to a service, as `kubectl port-forward service/NAME` does. */
  async forward(name: string, localPort: number): Promise<void> {
    const service = this.#services.find(({ metadata }) => metadata.name === name)
    const [port] = service?.spec?.ports ?? []
    if (!service || !port) throw new Error(`no service ${name}`)
    this.#closers.push(
      await openServiceProxy({ host: '127.0.0.1', port: localPort }, () => this.#endpoints(service, port.targetPort)),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.map((one) => one.close()))
  }

  async #assignAddress(service: Service, network: Network): Promise<void> {
    const host = await network.serviceAddress()
    this.#addresses.set(nameOf(service), host)
    for (const { port, targetPort } of service.spec?.ports ?? [])
      this.#closers.push(await openServiceProxy({ host, port }, () => this.#endpoints(service, targetPort)))
  }

  #endpoints(service: Service, port: number | string | undefined): Endpoint[] {
    return this.#podsOf(service).map((pod) => ({ host: pod.ip, port: portNumber(pod.container, port ?? 0) }))
  }

  /**
   * Returns the pods of a service that are ready, or all that run if the service publishes those,
   * too.
   */
  #podsOf({ metadata, spec }: Service): Pod[] {
    const selector = { matchLabels: spec?.selector ?? {} }
    return [...this.#pods()].filter(
      ({ object, isReady, phase }) =>
        object.namespace === metadata.namespace &&
        fits(selector, object.labels) &&
        (isReady || (spec?.publishNotReadyAddresses === true && phase === 'Running')),
    )
  }

  /** Resolves a name as in Kubernetes' DNS-Based Service Discovery. */
  #lookup(name: string): string[] | undefined {
    for (const service of this.#services) {
      const own = nameOf(service)
      if (name === own)
        return isHeadless(service) ? this.#podsOf(service).map(({ ip }) => ip) : [this.#addresses.get(own) ?? []].flat()
      if (isHeadless(service) && name.endsWith(`.${own}`)) {
        const host = name.slice(0, -own.length - 1)
        const pods = this.#podsOf(service).filter(
          ({ object }) => object.name === host && object.serviceName === service.metadata.name,
        )
        if (pods.length > 0) return pods.map(({ ip }) => ip)
      }
    }
    return undefined
  }
}

const isHeadless = ({ spec }: Service) => spec?.clusterIP === 'None'
const nameOf = ({ metadata: { name, namespace } }: Service) => `${name}.${namespace}.${domain}`
