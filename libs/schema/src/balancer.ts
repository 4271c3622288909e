import { type Static, Type } from 'typebox'
import { open } from './objects.ts'
import { operation } from './operation.ts'

export const CandidateSchema = open('Candidate', {
  pod: Type.String({ description: 'Name of the pod', examples: ['chat-0'] }),
  url: Type.String({ description: 'Its WebSocket URL', examples: ['ws://localhost:8080/ws'] }),
})
export type Candidate = Static<typeof CandidateSchema>

export const balancerOperations = {
  pickPod: operation({
    method: 'GET',
    path: '/v1/pod',
    access: 'device',
    summary: 'Chat pods to connect to, best first; 503 no_services_available when there is none',
    response: {
      200: open('Placement', {
        candidates: Type.Array(CandidateSchema, { minItems: 1, maxItems: 2 }),
        fallbackUrl: Type.Optional(
          Type.String({
            description: 'Any pod; when none of the candidates answers',
            examples: ['wss://chat.example.org/ws'],
          }),
        ),
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
