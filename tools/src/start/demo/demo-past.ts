import type { DemoName } from './demo-people.ts'

/** One thing that somebody did in a chat. `to` is the number of a line in the same chat. */
export type DemoLine =
  | { readonly by: DemoName; readonly text: string; readonly to?: number }
  | { readonly by: DemoName; readonly picture: string; readonly caption: string }
  | { readonly by: DemoName; readonly emoji: string; readonly to: number }
  | { readonly by: DemoName; readonly pin: number }

/** The chat of ann and ben. */
export const directPast: readonly DemoLine[] = [
  { by: 'ann', text: 'Hi Ben! This server is ours: it runs on the machine under my desk.' },
  { by: 'ben', text: 'And nobody else can read along?' },
  { by: 'ann', text: 'Nobody. Messages are encrypted on our devices, *before* the server gets them.', to: 1 },
  { by: 'ben', emoji: '😀', to: 2 },
  { by: 'ben', text: 'Then I can tell you: the surprise for Cleo is on **Friday at eight**.' },
  { by: 'ann', text: 'I am in. I bring the cake.' },
  { by: 'ben', text: 'The recipe: https://example.org/lemon-cake' },
]

/** The chat of the group. */
export const groupPast: readonly DemoLine[] = [
  { by: 'ann', text: 'Welcome, all! Here we plan the trip.' },
  { by: 'cleo', text: 'Finally! I have wanted to see Rome for years.' },
  { by: 'dana', text: 'Train or plane?' },
  { by: 'ben', text: 'The night train. It leaves at `21:17` and we wake up in Italy.', to: 2 },
  { by: 'cleo', emoji: '😍', to: 3 },
  { by: 'dana', emoji: '😍', to: 3 },
  { by: 'ann', emoji: '😀', to: 3 },
  { by: 'dana', picture: 'hills.png', caption: 'The view from the place that I found' },
  { by: 'ann', emoji: '😍', to: 7 },
  { by: 'cleo', text: 'That is beautiful. How much is it?', to: 7 },
  { by: 'dana', text: '240 for the four of us, for three nights.' },
  { by: 'ben', text: 'Then it is settled: 14 to 17 May, night train, the place on the hill.' },
  { by: 'ann', pin: 11 },
  { by: 'cleo', text: 'Who knows a good place for dinner?' },
  { by: 'dana', text: 'I ask my cousin. She lives there.' },
  { by: 'ben', text: '@ann, do you book the train?' },
]
/** The name and the topic of the group. */
export const groupName = 'Trip to Rome'
export const groupTopic = '14 to 17 May'
/** Ann has read the group up to this line. The later ones are new to her. */
export const readUpTo = 12
