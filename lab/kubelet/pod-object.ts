import type { Labels, Manifest } from '@fastchat/tools/manifest'
import type { IPodSpec } from 'kubernetes-models/v1'

/** A pod as a controller wants it. */
export type PodObject = {
  readonly name: string
  readonly namespace: string
  readonly labels: Labels
  readonly spec: IPodSpec
  /** Of the headless service by which it has a name of its own. */
  readonly serviceName?: string
  /** What volumeClaimTemplates promise it, by name. */
  readonly claims: readonly string[]
}

/** Where pods find what they mount and read. */
export type Objects = readonly Manifest[]
