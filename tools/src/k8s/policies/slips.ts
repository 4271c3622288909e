import type { Change } from '../mutate.ts'
import { migrateJobName, readRelease } from '../release.ts'

export type Slip = readonly [what: string, overlay: string, target: string, change: Change]

const name = 'app.kubernetes.io/name'
const chat = 'StatefulSet/chat'
const auth = 'Deployment/auth'
const balancer = 'Deployment/balancer'
const migrate = `Job/${migrateJobName(readRelease())}`
const router = 'ConfigMap/ws-router-config'
const door = 'ConfigMap/front-door-config'
const settings = (service: string) => `ConfigMap/${service}-settings`
const paths = 'spec rules 0 http paths'

/** For each policy, changes that it must notice. `gateway`, `adapter` and `namespace` are no overlays: see policies.test.ts. */
export const slips: Readonly<Record<string, readonly Slip[]>> = {
  podsAreRestricted: [
    ['root', 'production', chat, { at: 'pod securityContext runAsUser', set: 0 }],
    ['a token', 'production', auth, { at: 'pod', remove: 'automountServiceAccountToken' }],
    [
      'a root to write to',
      'local',
      'StatefulSet/redis',
      { at: 'main securityContext', remove: 'readOnlyRootFilesystem' },
    ],
    ['a capability', 'production', auth, { at: 'main securityContext capabilities add', set: ['NET_ADMIN'] }],
    ['no seccomp', 'production', auth, { at: 'pod securityContext', remove: 'seccompProfile' }],
    ['an init container', 'production', chat, { at: 'pod initContainers 0', remove: 'securityContext' }],
    ['memory without end', 'production', migrate, { at: 'main resources', remove: 'limits' }],
    ['the host', 'production', balancer, { at: 'pod volumes 0', set: { name: 'tmp', hostPath: { path: '/tmp' } } }],
    [
      'a lenient namespace',
      'namespace',
      'Namespace/fastchat',
      { at: 'metadata labels pod-security.kubernetes.io/enforce', set: 'baseline' },
    ],
    [
      'modes changed by the node',
      'local',
      'StatefulSet/postgres',
      { at: 'pod securityContext', remove: 'fsGroupChangePolicy' },
    ],
  ],
  probesAreSplit: [
    ['no liveness', 'production', balancer, { at: 'main', remove: 'livenessProbe' }],
    ['not ready is dead', 'production', chat, { at: 'main livenessProbe httpGet path', set: '/readyz' }],
    ['on the public port', 'production', chat, { at: 'main readinessProbe httpGet port', set: 'http' }],
    ['a port that is not', 'production', chat, { at: 'main startupProbe httpGet port', set: 'admn' }],
  ],
  podsEndInTime: [
    ['a short grace', 'production', chat, { at: 'pod terminationGracePeriodSeconds', set: 60 }],
    ['a long drain', 'production', 'ConfigMap/chat-settings', { at: 'data DRAIN_SECONDS', set: '120' }],
    ['a slow nginx', 'production', router, { at: 'data nginx.conf', replace: ['timeout 60s', 'timeout 90s'] }],
    ['no preStop', 'production', auth, { at: 'main', remove: 'lifecycle' }],
  ],
  disruptionsAreBounded: [
    ['all at once', 'production', 'PodDisruptionBudget/chat', { at: 'spec maxUnavailable', set: 3 }],
    ['none ever', 'production', 'PodDisruptionBudget/auth', { at: 'spec maxUnavailable', set: 0 }],
    [
      'a budget of nobody',
      'production',
      'PodDisruptionBudget/chat',
      { at: `spec selector matchLabels ${name}`, set: 'x' },
    ],
    ['replicas and a scaler', 'production', chat, { at: 'spec replicas', set: 5 }],
    [
      'a wrong target',
      'production',
      'HorizontalPodAutoscaler/chat',
      { at: 'spec scaleTargetRef kind', set: 'Deployment' },
    ],
    ['a wrong target of KEDA', 'gateway', 'ScaledObject/chat', { at: 'spec scaleTargetRef name', set: 'chats' }],
    ['nobody says how many', 'local', chat, { at: 'spec', remove: 'replicas' }],
  ],
  referencesResolve: [
    ['a service of nobody', 'production', 'Service/auth', { at: `spec selector ${name}`, set: 'auht' }],
    [
      'a service of all',
      'production',
      'Service/auth',
      { at: 'spec selector', set: { 'app.kubernetes.io/part-of': 'fastchat' } },
    ],
    ['a port of a service', 'production', 'Service/chat-pods', { at: 'spec ports 0 targetPort', set: 'ws' }],
    ['a port of a policy', 'production', 'NetworkPolicy/chat', { at: 'spec ingress 0 ports 0 port', set: 'ws' }],
    [
      'a policy of nobody',
      'production',
      'NetworkPolicy/chat',
      { at: `spec podSelector matchLabels ${name}`, set: 'x' },
    ],
    ['a backend', 'production', 'Ingress/fastchat', { at: `${paths} 0 backend service name`, set: 'web' }],
    ['a backend of a route', 'gateway', 'HTTPRoute/fastchat', { at: 'spec rules 0 backendRefs 0 port', set: 80 }],
    ['a headless service', 'production', chat, { at: 'spec serviceName', set: 'chat' }],
    ['an account', 'production', balancer, { at: 'pod serviceAccountName', set: 'default' }],
    ['a selector', 'production', balancer, { at: `spec selector matchLabels ${name}`, set: 'auth' }],
    [
      'a spread',
      'production',
      balancer,
      { at: `pod topologySpreadConstraints 0 labelSelector matchLabels ${name}`, set: 'auth' },
    ],
    ['a mount', 'production', auth, { at: 'main volumeMounts 0 name', set: 'keys' }],
  ],
  imagesArePinned: [
    ['latest', 'local', 'StatefulSet/redis', { at: 'main image', set: 'docker.io/library/redis:latest' }],
    ['no tag', 'local', 'StatefulSet/redis', { at: 'main image', set: 'localhost:5000/redis' }],
    ['another version', 'production', auth, { at: 'main image', set: 'fastchat/auth:0.0.9' }],
    [
      'a router of every release',
      'local',
      'Deployment/front-door',
      { at: 'main image', set: 'fastchat/ws-router:0.0.9' },
    ],
    ['a Job of another version', 'production', migrate, { at: 'metadata name', set: 'migrate-0-0-9' }],
  ],
  everyPodHasAPolicy: [
    [
      'none of its own',
      'production',
      'NetworkPolicy/balancer',
      { at: `spec podSelector matchLabels ${name}`, set: 'x' },
    ],
    ['nothing about egress', 'production', 'NetworkPolicy/ws-router', { at: 'spec policyTypes', set: ['Ingress'] }],
    ['half a denial', 'production', 'NetworkPolicy/default-deny', { at: 'spec policyTypes', set: ['Ingress'] }],
    ['a denial that allows', 'production', 'NetworkPolicy/default-deny', { at: 'spec ingress', set: [{}] }],
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
      'nobody told what serves it',
      'adapter',
      'HorizontalPodAutoscaler/chat',
      { at: 'metadata', remove: 'annotations' },
    ],
  ],
  secretsStayOutside: [
    ['a Secret', 'production', 'ServiceAccount/auth', { at: 'kind', set: 'Secret' }],
    ['a key', 'production', chat, { at: 'pod volumes 1 projected sources 0 secret items 0 key', set: 'hmac' }],
    ['a name', 'production', auth, { at: 'pod volumes 1 projected sources 0 secret name', set: 'auth' }],
    ['settings', 'production', auth, { at: 'main envFrom 0 configMapRef name', set: 'auth-settings' }],
  ],
  routesAreTheTable: [
    ['a path that is not', 'production', 'Ingress/fastchat', { at: `${paths} 0 path`, set: '/metrics' }],
    ['exactly', 'production', 'Ingress/fastchat', { at: `${paths} 0 pathType`, set: 'Exact' }],
    ['no path', 'production', 'Ingress/fastchat', { at: paths, set: [] }],
    [
      'WebSockets past the router',
      'production',
      'Ingress/fastchat',
      { at: `${paths} 13 backend service name`, set: 'chat' },
    ],
    ['a route to another', 'gateway', 'HTTPRoute/fastchat', { at: 'spec rules 0 backendRefs 0 name', set: 'chat' }],
    [
      'too many rules',
      'gateway',
      'HTTPRoute/fastchat',
      { at: 'spec rules', set: Array.from({ length: 17 }, () => ({})) },
    ],
    ['a front door ajar', 'local', door, { at: 'data nginx.conf', replace: ['^/v1/pod(/|$)', '^/v1/pod'] }],
    ['a front door shut', 'local', door, { at: 'data nginx.conf', replace: ['|kdf', ''] }],
  ],
  routerIsClosed: [
    ['any end', 'production', router, { at: 'data nginx.conf', replace: ['{1,3})$', '{1,3})'] }],
    ['any start', 'production', router, { at: 'data nginx.conf', replace: ['"^/ws', '"/ws'] }],
    ['any name', 'production', router, { at: 'data nginx.conf', replace: ['chat-[0-9]{1,3}', '[a-z0-9-]+'] }],
    ['any host', 'production', router, { at: 'data nginx.conf', replace: ['chat-[0-9]{1,3}', 'chat-[0-9.a-z]+'] }],
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
    ['the namespace goes with an overlay', 'local', 'ServiceAccount/auth', { at: 'kind', set: 'Namespace' }],
    ['a volume of an overlay', 'local', 'ServiceAccount/auth', { at: 'kind', set: 'PersistentVolumeClaim' }],
    [
      'volumes go with their pods',
      'local',
      'StatefulSet/postgres',
      { at: 'spec persistentVolumeClaimRetentionPolicy', set: { whenDeleted: 'Delete' } },
    ],
  ],
  variablesFit: [
    ['one that is required', 'production', settings('chat'), { at: 'data', remove: 'AUTH_JWKS_URL' }],
    ['a secret that is required', 'production', settings('chat'), { at: 'data', remove: 'DATABASE_URL_FILE' }],
    [
      'a name that nobody reads',
      'production',
      settings('auth'),
      { at: 'data', rename: ['REDIS_URL_FILE', 'REDIS_FILE'] },
    ],
    [
      'a secret of another',
      'production',
      settings('balancer'),
      { at: 'data DATABASE_URL_FILE', set: '/etc/fastchat/redis-url' },
    ],
    ['no key for the balancer', 'production', settings('balancer'), { at: 'data', remove: 'POD_HMAC_KEY_FILE' }],
    ['out of range', 'production', settings('balancer'), { at: 'data PORT', set: '80800' }],
    ['a part of more than all', 'gateway', settings('chat'), { at: 'data OTEL_TRACES_SAMPLER_ARG', set: '2' }],
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
    ['another certificate', 'production', 'Certificate/fastchat', { at: 'spec dnsNames 0', set: 'example.com' }],
  ],
}
