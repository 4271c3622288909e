import { type Static, Type } from 'typebox'
import { operation } from './operation.ts'

export const CandidateSchema = Type.Object(
  { pod: Type.String({ description: 'Name of the pod' }), url: Type.String({ description: 'Its WebSocket URL' }) },
  { additionalProperties: false, title: 'Candidate' },
)
export type Candidate = Static<typeof CandidateSchema>

export const balancerOperations = {
  pickPod: operation({
    method: 'GET',
    path: '/v1/pod',
    access: 'device',
    summary: 'Chat pods to connect to, best first; 503 no_services_available when there is none',
    response: {
      200: Type.Object(
        {
          candidates: Type.Array(CandidateSchema, { minItems: 1, maxItems: 2 }),
          fallbackUrl: Type.Optional(Type.String({ description: 'Any pod; when none of the candidates answers' })),
          expiresAt: Type.String({ format: 'date-time', description: 'The reservation ends; ask again' }),
        },
        { additionalProperties: false, title: 'Placement' },
      ),
    },
  }),
} as const
export type Placement = Static<(typeof balancerOperations.pickPod)['response'][200]>
