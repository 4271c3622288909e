import type { Change } from '../mutate.ts'
import { migrateJobName, readRelease } from '../release.ts'

export type Mistake = readonly [what: string, overlay: string, target: string, change: Change]

const name = 'app.kubernetes.io/name'
const chat = 'StatefulSet/chat'
const auth = 'Deployment/auth'
const balancer = 'Deployment/balancer'
const migrate = `Job/${migrateJobName(readRelease())}`
const router = 'ConfigMap/ws-router-config'
const door = 'ConfigMap/front-door-config'
const settings = (service: string) => `ConfigMap/${service}-settings`
const paths = 'spec rules 0 http paths'

/**
 * Mistakes that each policy must notice. `gateway`, `adapter` and `namespace` are not overlays: see
 * policies.test.ts.
 */
export const mistakes: Readonly<Record<string, readonly Mistake[]>> = {
  podsAreRestricted: [
    ['a pod that runs as root', 'production', chat, { at: 'pod securityContext runAsUser', set: 0 }],
    ['a pod with an API token', 'production', auth, { at: 'pod', remove: 'automountServiceAccountToken' }],
    [
      'a writable root file system',
      'local',
      'StatefulSet/redis',
      { at: 'main securityContext', remove: 'readOnlyRootFilesystem' },
    ],
    ['an added capability', 'production', auth, { at: 'main securityContext capabilities add', set: ['NET_ADMIN'] }],
    ['no seccomp profile', 'production', auth, { at: 'pod securityContext', remove: 'seccompProfile' }],
    ['an unconfined init container', 'production', chat, { at: 'pod initContainers 0', remove: 'securityContext' }],
    ['no memory limit', 'production', migrate, { at: 'main resources', remove: 'limits' }],
    [
      'a folder of the host',
      'production',
      balancer,
      { at: 'pod volumes 0', set: { name: 'tmp', hostPath: { path: '/tmp' } } },
    ],
    [
      'a namespace with a weaker standard',
      'namespace',
      'Namespace/fastchat',
      { at: 'metadata labels pod-security.kubernetes.io/enforce', set: 'baseline' },
    ],
    [
      'file modes that the node changes',
      'local',
      'StatefulSet/postgres',
      { at: 'pod securityContext', remove: 'fsGroupChangePolicy' },
    ],
  ],
  probesAreSplit: [
    ['no probe of the page', 'production', 'Deployment/web', { at: 'main', remove: 'readinessProbe' }],
    ['no liveness probe', 'production', balancer, { at: 'main', remove: 'livenessProbe' }],
    ['liveness asks for readiness', 'production', chat, { at: 'main livenessProbe httpGet path', set: '/readyz' }],
    ['a probe on the public port', 'production', chat, { at: 'main readinessProbe httpGet port', set: 'http' }],
    ['a probe of an unknown port', 'production', chat, { at: 'main startupProbe httpGet port', set: 'admn' }],
  ],
  podsEndInTime: [
    ['a page that stops at once', 'production', 'Deployment/web', { at: 'main', remove: 'lifecycle' }],
    ['a short grace period', 'production', chat, { at: 'pod terminationGracePeriodSeconds', set: 60 }],
    ['a long drain', 'production', 'ConfigMap/chat-settings', { at: 'data DRAIN_SECONDS', set: '120' }],
    [
      'an nginx that drains too long',
      'production',
      router,
      { at: 'data nginx.conf', replace: ['timeout 60s', 'timeout 90s'] },
    ],
    ['no preStop hook', 'production', auth, { at: 'main', remove: 'lifecycle' }],
  ],
  disruptionsAreBounded: [
    ['a budget that lets all pods go', 'production', 'PodDisruptionBudget/chat', { at: 'spec maxUnavailable', set: 3 }],
    [
      'a budget that blocks every drain',
      'production',
      'PodDisruptionBudget/auth',
      { at: 'spec maxUnavailable', set: 0 },
    ],
    [
      'a budget that selects no pod',
      'production',
      'PodDisruptionBudget/chat',
      { at: `spec selector matchLabels ${name}`, set: 'x' },
    ],
    ['fixed replicas beside a scaler', 'production', chat, { at: 'spec replicas', set: 5 }],
    [
      'a scaler with a wrong target',
      'production',
      'HorizontalPodAutoscaler/chat',
      { at: 'spec scaleTargetRef kind', set: 'Deployment' },
    ],
    [
      'a KEDA scaler with a wrong target',
      'gateway',
      'ScaledObject/chat',
      { at: 'spec scaleTargetRef name', set: 'chats' },
    ],
    ['neither replicas nor a scaler', 'local', chat, { at: 'spec', remove: 'replicas' }],
  ],
  referencesResolve: [
    ['a service that selects no pod', 'production', 'Service/auth', { at: `spec selector ${name}`, set: 'auht' }],
    [
      'a service that selects several workloads',
      'production',
      'Service/auth',
      { at: 'spec selector', set: { 'app.kubernetes.io/part-of': 'fastchat' } },
    ],
    ['a service with an unknown port', 'production', 'Service/chat-pods', { at: 'spec ports 0 targetPort', set: 'ws' }],
    [
      'a policy with an unknown port',
      'production',
      'NetworkPolicy/chat',
      { at: 'spec ingress 0 ports 0 port', set: 'ws' },
    ],
    [
      'a policy that selects no pod',
      'production',
      'NetworkPolicy/chat',
      { at: `spec podSelector matchLabels ${name}`, set: 'x' },
    ],
    [
      'an Ingress with an unknown backend',
      'production',
      'Ingress/fastchat',
      { at: `${paths} 0 backend service name`, set: 'page' },
    ],
    [
      'a route with an unknown port',
      'gateway',
      'HTTPRoute/fastchat',
      { at: 'spec rules 0 backendRefs 0 port', set: 80 },
    ],
    ['a service that is not headless', 'production', chat, { at: 'spec serviceName', set: 'chat' }],
    ['an unknown service account', 'production', balancer, { at: 'pod serviceAccountName', set: 'default' }],
    [
      'a selector that misses its pods',
      'production',
      balancer,
      { at: `spec selector matchLabels ${name}`, set: 'auth' },
    ],
    [
      'a spread constraint that misses its pods',
      'production',
      balancer,
      { at: `pod topologySpreadConstraints 0 labelSelector matchLabels ${name}`, set: 'auth' },
    ],
    ['a mount of an unknown volume', 'production', auth, { at: 'main volumeMounts 0 name', set: 'keys' }],
  ],
  imagesArePinned: [
    ['the tag latest', 'local', 'StatefulSet/redis', { at: 'main image', set: 'docker.io/library/redis:latest' }],
    ['no tag', 'local', 'StatefulSet/redis', { at: 'main image', set: 'localhost:5000/redis' }],
    ['an image of another version', 'production', auth, { at: 'main image', set: 'fastchat/auth:0.0.9' }],
    [
      'a router with the version of the services',
      'local',
      'Deployment/front-door',
      { at: 'main image', set: 'fastchat/ws-router:0.0.9' },
    ],
    ['a Job of another version', 'production', migrate, { at: 'metadata name', set: 'migrate-0-0-9' }],
  ],
  everyPodHasAPolicy: [
    [
      'a pod without a policy',
      'production',
      'NetworkPolicy/balancer',
      { at: `spec podSelector matchLabels ${name}`, set: 'x' },
    ],
    ['a policy without egress', 'production', 'NetworkPolicy/ws-router', { at: 'spec policyTypes', set: ['Ingress'] }],
    [
      'a default denial of ingress only',
      'production',
      'NetworkPolicy/default-deny',
      { at: 'spec policyTypes', set: ['Ingress'] },
    ],
    [
      'a default denial that allows ingress',
      'production',
      'NetworkPolicy/default-deny',
      { at: 'spec ingress', set: [{}] },
    ],
  ],
  scalersHaveTheirMetrics: [
    [
      'a metric that nothing serves',
      'production',
      'HorizontalPodAutoscaler/chat',
      {
        at: 'spec metrics 1',
        set: { type: 'Pods', pods: { metric: { name: 'x' }, target: { type: 'AverageValue', averageValue: '1' } } },
      },
    ],
    [
      'no note about the program that serves a metric',
      'adapter',
      'HorizontalPodAutoscaler/chat',
      { at: 'metadata', remove: 'annotations' },
    ],
  ],
  secretsStayOutside: [
    ['a Secret among the manifests', 'production', 'ServiceAccount/auth', { at: 'kind', set: 'Secret' }],
    [
      'an unknown key of a Secret',
      'production',
      chat,
      { at: 'pod volumes 1 projected sources 0 secret items 0 key', set: 'hmac' },
    ],
    ['an unknown Secret', 'production', auth, { at: 'pod volumes 1 projected sources 0 secret name', set: 'auth' }],
    ['an unknown ConfigMap', 'production', auth, { at: 'main envFrom 0 configMapRef name', set: 'auth-settings' }],
  ],
  routesMatchTheTable: [
    ['a path outside the table', 'production', 'Ingress/fastchat', { at: `${paths} 0 path`, set: '/metrics' }],
    ['a path that must match exactly', 'production', 'Ingress/fastchat', { at: `${paths} 0 pathType`, set: 'Exact' }],
    ['no paths', 'production', 'Ingress/fastchat', { at: paths, set: [] }],
    [
      'WebSockets past the router',
      'production',
      'Ingress/fastchat',
      { at: `${paths} 15 backend service name`, set: 'chat' },
    ],
    [
      'a route to another service',
      'gateway',
      'HTTPRoute/fastchat',
      { at: 'spec rules 0 backendRefs 0 name', set: 'chat' },
    ],
    ['no page', 'production', 'Ingress/fastchat', { at: `${paths} 16 backend service name`, set: 'auth' }],
    [
      'a front door without the page',
      'local',
      door,
      { at: 'data nginx.conf', replace: ['web.@DOMAIN@', 'auth.@DOMAIN@'] },
    ],
    [
      'too many rules',
      'gateway',
      'HTTPRoute/fastchat',
      { at: 'spec rules', set: Array.from({ length: 17 }, () => ({})) },
    ],
    [
      'a front door with a wider path',
      'local',
      door,
      { at: 'data nginx.conf', replace: ['^/v1/pod(/|$)', '^/v1/pod'] },
    ],
    ['a front door without a route', 'local', door, { at: 'data nginx.conf', replace: ['|kdf', ''] }],
  ],
  routerReachesPodsOnly: [
    ['a path with any end', 'production', router, { at: 'data nginx.conf', replace: ['{1,3})$', '{1,3})'] }],
    ['a path with any start', 'production', router, { at: 'data nginx.conf', replace: ['"^/ws', '"/ws'] }],
    [
      'a pod with any name',
      'production',
      router,
      { at: 'data nginx.conf', replace: ['chat-[0-9]{1,3}', '[a-z0-9-]+'] },
    ],
    [
      'a host in place of a pod',
      'production',
      router,
      { at: 'data nginx.conf', replace: ['chat-[0-9]{1,3}', 'chat-[0-9.a-z]+'] },
    ],
    ['another port', 'production', router, { at: 'data nginx.conf', replace: ['$pod:8080', '$pod:9090'] }],
    [
      'another pattern',
      'production',
      router,
      { at: 'data nginx.conf', replace: ['location = /ws ', 'location ~ "^/(.+)$" '] },
    ],
    [
      'URLs in logs',
      'production',
      router,
      { at: 'data nginx.conf', replace: ['access_log off', 'access_log /dev/stdout'] },
    ],
  ],
  uninstallKeepsData: [
    ['a namespace in an overlay', 'local', 'ServiceAccount/auth', { at: 'kind', set: 'Namespace' }],
    ['a volume in an overlay', 'local', 'ServiceAccount/auth', { at: 'kind', set: 'PersistentVolumeClaim' }],
    [
      'volumes that are deleted with their StatefulSet',
      'local',
      'StatefulSet/postgres',
      { at: 'spec persistentVolumeClaimRetentionPolicy', set: { whenDeleted: 'Delete' } },
    ],
  ],
  variablesFit: [
    ['no value for a required variable', 'production', settings('chat'), { at: 'data', remove: 'AUTH_JWKS_URL' }],
    ['no file for a required secret', 'production', settings('chat'), { at: 'data', remove: 'DATABASE_URL_FILE' }],
    [
      'a variable that no service reads',
      'production',
      settings('auth'),
      { at: 'data', rename: ['REDIS_URL_FILE', 'REDIS_FILE'] },
    ],
    [
      'a secret that another service reads',
      'production',
      settings('balancer'),
      { at: 'data DATABASE_URL_FILE', set: '/etc/fastchat/redis-url' },
    ],
    ['no key for the balancer', 'production', settings('balancer'), { at: 'data', remove: 'POD_HMAC_KEY_FILE' }],
    ['a value out of range', 'production', settings('balancer'), { at: 'data PORT', set: '80800' }],
    ['a sampling rate above 1', 'gateway', settings('chat'), { at: 'data OTEL_TRACES_SAMPLER_ARG', set: '2' }],
    [
      'a collector without a scheme',
      'gateway',
      settings('chat'),
      { at: 'data OTEL_EXPORTER_OTLP_ENDPOINT', set: 'x:4318' },
    ],
    ['a file that is not mounted', 'production', settings('auth'), { at: 'data KDF_PEPPER_FILE', set: '/etc/pepper' }],
  ],
  publicUrlsAgree: [
    ['another host', 'production', 'Ingress/fastchat', { at: 'spec rules 0 host', set: 'fastchat.example.com' }],
    [
      'a certificate for another host',
      'production',
      'Certificate/fastchat',
      { at: 'spec dnsNames 0', set: 'example.com' },
    ],
  ],
}
