import type { Card, Payload } from '@fastchat/schema'

/** Returns the message that shows a card to a chat. */
export const cardPayload = (card: Card): Payload => ({ v: 1, kind: 'card', ...card })
