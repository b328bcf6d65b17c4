/** Decorates methods of type `H` only. */
export type HandlerDecorator<H> = <T extends H>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;
