import { KubesentimentError } from '../errors.ts';
import type { LogSource } from './fatal-reason.ts';

/** Tells when a static member has to wait until another one with its id has left the group (patch 10, KIP-848). */
export function warnOfHeldInstanceId(
  client: LogSource,
  consumer: number,
  onWarning: (error: KubesentimentError) => void,
): void {
  client.on('event.log', ({ fac }) => {
    if (fac !== 'INSTANCEID') return;
    const waits = `Consumer ${consumer} cannot join the group yet`;
    const sentence = `${waits}: a member with its group_instance_id is still in it.`;
    const remedy =
      'A process that died leaves when its session ends; if one is running, give each an id of its own.';
    onWarning(new KubesentimentError('KS_KAFKA_RETRIABLE', sentence, { remedy }));
  });
}
