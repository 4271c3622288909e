import { type Static, Type } from 'typebox'
import { open } from './objects.ts'
import { operation } from './operation.ts'

/** What a pod may be called: its name is the last part of its path. */
export const podNamePattern = '^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$'

/** Leads to any pod. */
export const anyPodPath = '/ws'

/** Leads to this very pod. It is a path, so a client that obeys it never leaves its server's origin. */
export const podPath = (pod: string): string => `${anyPodPath}/${pod}`

export const candidateOf = (pod: string): Candidate => ({ pod, url: podPath(pod) })

export const CandidateSchema = open('Candidate', {
  pod: Type.String({ pattern: podNamePattern, description: 'Name of the pod', examples: ['chat-0'] }),
  url: Type.String({
    pattern: `^${anyPodPath}/`,
    description: 'Path of its WebSocket, at the origin that was asked',
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
      'Chat pods to connect to, best first; when none of them answers, /ws leads to any. 503 no_services_available when there is none',
    response: {
      200: open('Placement', {
        candidates: Type.Array(CandidateSchema, { minItems: 1, maxItems: 2 }),
        expiresAt: Type.String({
          format: 'date-time',
          description: 'The reservation ends; ask again',
          examples: ['2026-01-31T12:00:10.000Z'],
        }),
      }),
    },
    errors: ['no_services_available'],
  }),
} as const
export type Placement = Static<(typeof balancerOperations.pickPod)['response'][200]>
