/** Makes a value at the first call and gives the same one ever after, a rejection too. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    made ??= make();
    return made;
  };
}
