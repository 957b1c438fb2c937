/** Which offsets of which partitions have been seen: one byte each, so a million take a megabyte. */
export class SeenOffsets {
  readonly #partitions = new Map<string, Uint8Array>();

  /** True if it was added before. */
  add(topic: string, partition: number, offset: number): boolean {
    const name = `${topic}/${partition}`;
    let seen = this.#partitions.get(name) ?? new Uint8Array(1024);
    if (offset >= seen.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(offset + 1)));
      larger.set(seen);
      seen = larger;
    }
    this.#partitions.set(name, seen);
    const before = seen[offset] === 1;
    seen[offset] = 1;
    return before;
  }
}
