import type { Assignments } from '../consume/assignments.ts';
import type { InHand } from '../in-hand.ts';
import type { SlotTable } from '../slots.ts';

export interface WorkNotesParts {
  readonly table: SlotTable;
  /** For the watchdog: the messages that are being worked on, all those in flight. */
  readonly inHand?: InHand | undefined;
  readonly assignments?: Pick<Assignments, 'ledgers'> | undefined;
}

/** Notes down for the watchdog what this stage is working on. */
export class WorkNotes {
  readonly #parts: WorkNotesParts;

  constructor(parts: WorkNotesParts) {
    this.#parts = parts;
  }

  /** The message of `slot`, alone, or everything that has been taken. */
  begin(stage: Parameters<InHand['begin']>[0], slot: number | undefined): void {
    const { inHand, assignments, table } = this.#parts;
    if (inHand === undefined) return;
    inHand.begin(stage);
    if (slot !== undefined) {
      const place = table.placeOf(slot);
      inHand.add(place, place.offset, place.offset);
    } else {
      for (const ledger of assignments?.ledgers() ?? []) {
        if (ledger.oldest !== undefined) inHand.add(ledger, ledger.oldest.offset, ledger.lastTakenOffset);
      }
    }
  }

  end(): void {
    this.#parts.inHand?.end();
  }
}
