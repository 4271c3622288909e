import type { Labels, Manifest } from '@fastchat/tools/manifest'
import type { IPodSpec } from 'kubernetes-models/v1'

/** A pod as a controller creates it. */
export type PodObject = {
  readonly name: string
  readonly namespace: string
  readonly labels: Labels
  readonly spec: IPodSpec
  /** The headless service that gives the pod a DNS name. */
  readonly serviceName?: string
  /** The names of its volumeClaimTemplates. */
  readonly claims: readonly string[]
}

/** The manifests that pods mount files and read variables from. */
export type Objects = readonly Manifest[]
