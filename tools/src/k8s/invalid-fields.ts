import { Certificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1'
import { Gateway, HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import { PrometheusRule, ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { Job } from 'kubernetes-models/batch/v1'
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Namespace, Secret, Service, ServiceAccount } from 'kubernetes-models/v1'
import type { Manifest } from './manifest.ts'

type Validated = { validate(): void }
type Model = { readonly apiVersion: string; readonly kind: string; new (data: never): Validated }

/** All kinds that the manifests may contain. */
const models: readonly Model[] = [
  Certificate,
  ConfigMap,
  Deployment,
  Gateway,
  HorizontalPodAutoscaler,
  HTTPRoute,
  Ingress,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  PrometheusRule,
  ScaledObject,
  Secret,
  Service,
  ServiceAccount,
  ServiceMonitor,
  StatefulSet,
]

/**
 * Returns what the schema of the kind rejects: fields that are missing, of the wrong type, or out
 * of range. It accepts unknown fields.
 */
export function invalidFields(manifest: Manifest): string[] {
  const { apiVersion, kind, metadata } = manifest
  const model = models.find((each) => each.apiVersion === apiVersion && each.kind === kind)
  if (model === undefined) return [`${kind}: no schema for ${apiVersion}`]
  try {
    new model(manifest as never).validate() // `validate` checks whether the type holds
    return []
  } catch (error) {
    return [`${kind}/${metadata.name}: ${error instanceof Error ? error.message : String(error)}`]
  }
}
