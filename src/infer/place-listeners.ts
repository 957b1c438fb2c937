/** Who wants to know when a place in a pool becomes free. */
export class PlaceListeners {
  readonly #entries = new Set<{ readonly listener: () => void }>();

  get size(): number {
    return this.#entries.size;
  }

  /** Returns a function that removes the listener again. */
  add(listener: () => void): () => void {
    const entry = { listener };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  notify(): void {
    for (const { listener } of this.#entries) listener();
  }
}
