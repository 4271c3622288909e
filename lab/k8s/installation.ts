import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyPodPath, type Candidate, type Placement, podPath } from '@fastchat/schema'
import { makeSecrets } from '@fastchat/tools/k8s-secrets'
import { k8sFolder, type Manifest, parseManifests, renderFolder, renderOverlay } from '@fastchat/tools/kustomize'
import pg from 'pg'
import { Cluster } from '../kubelet/cluster.ts'

const localPort = 8080

/**
 * The overlay `local` and the operator's pod, as rendered, with fresh Secrets. The front door is at
 * a local port, as `kubectl port-forward service/front-door 8080` would have it.
 */
export class Installation {
  readonly url = `http://localhost:${localPort}`
  readonly cluster: Cluster
  readonly folder: string
  readonly signingKeysFile: string
  /** The objects that were applied. */
  readonly objects: readonly Manifest[]
  readonly #databaseUrl: string

  private constructor(made: {
    cluster: Cluster
    folder: string
    signingKeysFile: string
    databaseUrl: string
    objects: readonly Manifest[]
  }) {
    this.objects = made.objects
    this.cluster = made.cluster
    this.folder = made.folder
    this.signingKeysFile = made.signingKeysFile
    this.#databaseUrl = made.databaseUrl
  }

  /** Starts everything; no part is ready yet when it resolves. */
  static async start(): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'fastchat-k8s-'))
    const secrets = makeSecrets()
    const secret = (name: string, key: string): string => {
      const data = secrets.find(({ metadata }) => metadata.name === name)?.stringData as Record<string, string> // `makeSecrets` returns strings
      return data[key] ?? ''
    }
    const signingKeysFile = join(folder, 'signing-keys.json')
    await writeFile(signingKeysFile, secret('fastchat-auth', 'signing-keys.json'), { mode: 0o600 })
    const operator = parseManifests(await renderFolder(join(k8sFolder, 'admin')))
    const objects = [...(await renderOverlay('local')), ...operator, ...secrets]
    const cluster = await Cluster.start({ objects, folder })
    await cluster.forward('front-door', localPort)
    return new Installation({
      cluster,
      folder,
      signingKeysFile,
      objects,
      databaseUrl: secret('fastchat-postgres', 'direct-url'),
    })
  }

  get chatPods(): readonly string[] {
    return this.cluster.podsOf('chat').map(({ name }) => name)
  }

  podUrl(pod: string): string {
    return `ws://localhost:${localPort}${podPath(pod)}`
  }

  get anyPodUrl(): string {
    return `ws://localhost:${localPort}${anyPodPath}`
  }

  /** Returns the address of a candidate of the balancer. */
  socketUrl(candidate: Candidate | undefined): string {
    return `ws://localhost:${localPort}${candidate?.url ?? ''}`
  }

  /** Returns the candidates that the balancer offers a device. */
  async candidates(token: string): Promise<Placement['candidates']> {
    const answer = await fetch(`${this.url}/v1/pod`, { headers: { authorization: `Bearer ${token}` } })
    if (!answer.ok) throw new Error(`the balancer answers ${answer.status}`)
    return ((await answer.json()) as Placement).candidates // the contract gives the answer this form
  }

  /** Runs SQL on the database, to read or change it without the services. Only checks do so. */
  readonly sql = async (query: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
    const url = new URL(this.#databaseUrl)
    url.hostname = this.cluster.pod('postgres-0').ip
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(query, values)).rows
    } finally {
      await client.end()
    }
  }

  /**
   * Stops the cluster and removes the folder with its keys and passwords. With `keepsFolder` a
   * person can look at it afterwards.
   */
  async stop({ keepsFolder = false } = {}): Promise<void> {
    await this.cluster.stop()
    if (!keepsFolder) await rm(this.folder, { recursive: true, force: true })
  }
}
