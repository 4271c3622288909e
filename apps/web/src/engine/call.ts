/** The input and the result of one call of a tab. A call without a result has none here. */
export type Call = { readonly input: unknown; readonly result?: unknown }

/** The promise that a call returns. */
export type AnswerOf<One> = One extends { readonly result: infer Result } ? Promise<Result> : Promise<void>

/** The functions that answer calls, by name. */
export type Handlers<Named extends Record<keyof Named, Call>> = {
  readonly [Name in keyof Named]: (input: Named[Name]['input']) => AnswerOf<Named[Name]>
}
