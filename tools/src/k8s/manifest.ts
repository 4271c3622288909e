/**
 * The fields of a Kubernetes object that are read here. The object's schema has been checked
 * before.
 */
export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [field: string]: unknown
}

export type Metadata = {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Labels
  readonly annotations?: Labels
}

export type Labels = Readonly<Record<string, string>>
