import type { Logger } from '../log.ts';

/** What is logged of spans that do not reach the collector. */
export interface ExportReport {
  /** How an export ended; `error` undefined: the collector has taken the spans. */
  readonly onExport: (spans: number, error: Error | undefined) => void;
  /** A span has found the queue full. */
  readonly onDropped: () => void;
  close(): void;
}

/** Spans that a collector which takes others is too slow for are logged so often, at most. */
const DROPPED_EVERY_MS = 60_000;

/** Says once that a collector takes no spans, and once that it does again, with all that were lost meanwhile. */
export function exportReport(address: string, logger: Logger, now = () => performance.now()): ExportReport {
  const endpoint = withoutLogin(address);
  let isFailing = false;
  let lost = 0;
  let dropped = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  const sayDropped = (): void => {
    if (dropped > 0) logger.warn('spans_dropped', { endpoint, dropped });
    dropped = 0;
    saidAt = now();
  };
  return {
    onExport: (spans, error) => {
      if (error !== undefined) {
        if (!isFailing) logger.warn('spans_export_failed', { endpoint, reason: error.message });
        isFailing = true;
        lost += spans + dropped;
        dropped = 0;
      } else if (isFailing) {
        logger.info('spans_export_back', { endpoint, lost: lost + dropped });
        isFailing = false;
        lost = 0;
        dropped = 0;
      } else if (dropped > 0 && now() - saidAt >= DROPPED_EVERY_MS) sayDropped();
    },
    onDropped: () => {
      dropped++;
    },
    close: () => {
      if (!isFailing) sayDropped();
    },
  };
}

function withoutLogin(address: string): string {
  if (!URL.canParse(address)) return '';
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}
