import { type Static, Type } from 'typebox'
import { open } from './objects.ts'
import { operation } from './operation.ts'

/** The form of pod names. A pod's name is the last segment of its path. */
export const podNamePattern = '^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$'

/** The path on which any pod may answer. */
export const anyPodPath = '/ws'

/** Returns the path of one pod. A path keeps the client at the origin of its server. */
export const podPath = (pod: string): string => `${anyPodPath}/${pod}`

export const candidateOf = (pod: string): Candidate => ({ pod, url: podPath(pod) })

export const CandidateSchema = open('Candidate', {
  pod: Type.String({ pattern: podNamePattern, description: 'Name of the pod', examples: ['chat-0'] }),
  url: Type.String({
    pattern: `^${anyPodPath}/`,
    description: 'Path of its WebSocket, at the origin of the request',
    examples: ['/ws/chat-0'],
  }),
})
export type Candidate = Static<typeof CandidateSchema>

export const balancerOperations = {
  pickPod: operation({
    method: 'GET',
    path: '/v1/pod',
    access: 'device',
    summary:
      'List chat pods to connect to, best first; if none answers, /ws leads to any pod. 503 no_services_available: there is none',
    response: {
      200: open('Placement', {
        candidates: Type.Array(CandidateSchema, { minItems: 1, maxItems: 2 }),
        expiresAt: Type.String({
          format: 'date-time',
          description: 'When the reservation ends; ask again after it',
          examples: ['2026-01-31T12:00:10.000Z'],
        }),
      }),
    },
    errors: ['no_services_available'],
  }),
} as const
export type Placement = Static<(typeof balancerOperations.pickPod)['response'][200]>
