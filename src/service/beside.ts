import type { Config } from '../config/schema.ts';
import { CanaryControl, type CanaryControlOptions } from './canary-control.ts';
import { ShadowControl, type ShadowControlOptions } from './shadow-control.ts';

/** The models beside the one in use: one that is only asked, or one that answers some of the keys. */
export class Beside {
  readonly shadow: ShadowControl;
  readonly canary: CanaryControl;

  constructor(options: ShadowControlOptions & CanaryControlOptions) {
    this.shadow = new ShadowControl(options);
    this.canary = new CanaryControl(options);
  }

  /** Call when the current edition is loaded, and whenever it is another one. */
  use(config: Config): void {
    this.shadow.use(config);
    this.canary.use(config);
  }

  /** Call when these slots are committed, before they are released. */
  observe(slots: Int32Array, count: number): void {
    this.shadow.observe(slots, count);
    this.canary.observe(slots, count);
  }

  close(): void {
    this.shadow.close();
    this.canary.close();
  }
}
