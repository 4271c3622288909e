export { Cluster, type ClusterOptions } from './cluster.ts'
export type { Ending, Pod } from './pod.ts'
export { bytesOf } from './quantity.ts'
