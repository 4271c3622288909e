/** What of a Kubernetes object is read here; the schemas have been checked by then. */
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
