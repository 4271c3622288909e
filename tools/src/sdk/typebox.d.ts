/**
 * The types of typebox that the declarations of the SDK name, as far as its users need them: which
 * type a schema describes. With them no user of the SDK needs typebox itself.
 */
declare const described: unique symbol
interface Describes<T> {
  readonly [described]: T
}

export type TSchema = Describes<unknown>
export interface TProperties {
  [name: string]: TSchema
}
export type Static<S> = S extends Describes<infer T> ? T : never

type OptionalKey<P> = { [K in keyof P]: P[K] extends { readonly isOptional: true } ? K : never }[keyof P]
type Flat<T> = { [K in keyof T]: T[K] }
type StaticObject<P> = Flat<
  { [K in Exclude<keyof P, OptionalKey<P>>]: Static<P[K]> } & { [K in OptionalKey<P>]?: Static<P[K]> }
>

export type TObject<P = TProperties> = Describes<StaticObject<P>>

export declare namespace Type {
  export type TArray<S> = Describes<Static<S>[]>
  export type TBoolean = Describes<boolean>
  export type TInteger = Describes<number>
  export type TLiteral<T> = Describes<T>
  export type TNull = Describes<null>
  export type TObject<P = TProperties> = Describes<StaticObject<P>>
  export type TOptional<S> = S & { readonly isOptional: true }
  export type TRecord<_Key, S> = Describes<Record<string, Static<S>>>
  export type TString = Describes<string>
  export type TTuple<L extends readonly unknown[]> = Describes<{ [K in keyof L]: Static<L[K]> }>
  export type TUnion<L extends readonly unknown[]> = Describes<Static<L[number]>>
  export type TUnknown = Describes<unknown>
  export type TUnsafe<T> = Describes<T>
}
