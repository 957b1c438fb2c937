export interface ShapeSettings {
  /** The number of the shape that the requests of a topic have; undefined if there is only one. */
  readonly shapeOf?: ((topic: string) => number) | undefined;
  /** By shape: records without a value are passed over; otherwise they are dead letters. */
  readonly skipsTombstones: readonly boolean[];
}

/**
 * What the requests of each partition of a poll look like, by number. It is found once for each partition; a message
 * takes a byte, and nothing where all requests look alike.
 */
export class PollShapes {
  readonly #settings: ShapeSettings;
  readonly #ofPlace: number[] = [];
  readonly #ofMessage: Uint8Array;

  constructor(settings: ShapeSettings, pollMax: number) {
    this.#settings = settings;
    this.#ofMessage = new Uint8Array(settings.shapeOf === undefined ? 0 : pollMax);
  }

  note(place: number, topic: string): void {
    this.#ofPlace[place] = this.#settings.shapeOf?.(topic) ?? 0;
  }

  at(place: number): number {
    return this.#ofPlace[place] as number;
  }

  skipsTombstones(place: number): boolean {
    return this.#settings.skipsTombstones[this.at(place)] as boolean;
  }

  /** For the decoder: of the first `count` messages, of which `places` says the partition. */
  of(places: Uint16Array, count: number): Uint8Array | undefined {
    if (this.#settings.shapeOf === undefined) return undefined;
    for (let i = 0; i < count; i++) this.#ofMessage[i] = this.at(places[i] as number);
    return this.#ofMessage;
  }
}
