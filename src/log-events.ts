import { collectorEvents } from './log-events-collector.ts';

/**
 * Every event that is logged: a stable id, a sentence and, where there is something to do, a remedy. Alerts match on
 * the id or the name of the event. `docs/logs.md` is generated from this table.
 */
export const logEvents = {
  service_started: ['KS1002', 'Started.'],
  kafka_disabled: ['KS1007', 'kafka.enabled is false: running without a consumer.'],
  service_draining: ['KS1003', 'Draining: taking no new messages, finishing those in flight.'],
  service_stopped: ['KS1004', 'Stopped.'],
  stop_incomplete: [
    'KS1013',
    'An AbortSignal has stopped the consumer, but not everything in flight was finished.',
    'See error.code. What was not finished is read again; raise drain_timeout_ms if this goes on.',
  ],
  results_dropped: [
    'KS1014',
    'A program that iterates over the results is too slow: the oldest are dropped for it.',
    'They are in the results topic all the same. Make the loop faster, or raise bufferMax of results().',
  ],
  service_failed: [
    'KS1005',
    'Stopping because of an error.',
    'See error.code, then restart the process. [KafkaConsumerFatal](runbook.md#kafkaconsumerfatal)',
  ],
  event_loop_blocked: [
    'KS1008',
    'The event loop stands still; the process ends with exit code 70.',
    '"where" says where it stands, "in_hand" which messages it had in hand. ' +
      '[Exit code 70](troubleshooting.md#exit-code-70)',
  ],
  stall_not_remembered: [
    'KS1009',
    'The messages in hand could not be remembered: if one of them is to blame, the process will end again.',
    'See "reason". The group NAME-watchdog needs the right to read. [Exit code 70](troubleshooting.md#exit-code-70)',
  ],
  marked_messages: [
    'KS1010',
    'A process has stood still with these messages in hand; they are processed one at a time.',
    '[Exit code 70](troubleshooting.md#exit-code-70)',
  ],
  marks_refused: [
    'KS1012',
    'The user may not read this group: messages that make the event loop stand still are not remembered.',
    'Give the user the right to read it. [Exit code 70](troubleshooting.md#exit-code-70)',
  ],
  watchdog_failed: [
    'KS1011',
    'The watchdog has ended: nobody will notice if the event loop stands still.',
    'Report it, and restart the process when convenient.',
  ],
  thread_pool_small: [
    'KS1395',
    'The thread pool of this process is too small: calls of the Kafka client wait for each other.',
    'Start Node with UV_THREADPOOL_SIZE of at least "wanted", or see [Threads](library.md#threads).',
  ],
  config_warning: ['KS1102', 'The configuration is unusual.', 'The warning names the key and the reason.'],
  keyring_loaded: ['KS1601', 'Keyring loaded.'],
  keyring_rejected: [
    'KS1602',
    'The keyring has changed and cannot be used; the previous one stays in use.',
    'Fix the file; it is read again when it changes.',
  ],
  keyring_exposed: [
    'KS1603',
    'Users other than the owner can read or change the keyring file.',
    'Run chmod 600 on it.',
  ],
  credentials_renewed: ['KS1604', 'Reconnected with the new certificates or passwords.'],
  credentials_rejected: [
    'KS1605',
    'Certificates or passwords have changed and do not work yet; keeping the old connections and trying again.',
    'Wait a minute: the broker may not know them yet. If it goes on, see error.code and fix the files.',
  ],
  model_loaded: ['KS1201', 'Model loaded.'],
  model_note: [
    'KS1204',
    'Something about the model was assumed, or may surprise.',
    'The note says what. [What loads](models.md)',
  ],
  model_reloaded: [
    'KS1341',
    'The model was exchanged while running: messages decoded from now on go to the new one.',
    '"rss_both" is the memory of the process with both models loaded, in bytes; "model_retired" follows.',
  ],
  model_retired: ['KS1342', 'The last result of the model before is committed; its memory is free again.'],
  model_unchanged: ['KS1343', 'Nothing to reload: the model directory holds the model that is in use.'],
  model_refused: [
    'KS1344',
    'The model directory has changed and cannot be used; the old model goes on.',
    'The reason says why. Check the directory with "kubesentiment model check", and see ' +
      '[Reload](models.md#reload).',
  ],
  cascade_loaded: [
    'KS1345',
    'The second model of the cascade is loaded: texts with a score under "below" are asked again of it.',
  ],
  shadow_loaded: ['KS1346', 'The model in model.shadow is loaded: it is asked beside the one in use.'],
  shadow_stopped: [
    'KS1347',
    'The model in model.shadow is not asked any more, because of an error. Results are not affected.',
    'Check the model with "kubesentiment model check"; a reload of the model begins again.',
  ],
  canary_loaded: [
    'KS1350',
    'The model in model.canary is loaded: it answers a share of the keys.',
    'GET /api/v1/model/canary, or "kubesentiment model canary", says how it does.',
  ],
  canary_returned: [
    'KS1351',
    'The model in model.canary answers no more; all keys go to the model in model.path.',
    '"reason" says why, "kubesentiment model canary" shows the figures. ' +
      '[SentimentCanaryReturned](runbook.md#sentimentcanaryreturned)',
  ],
  canary_refused: [
    'KS1352',
    'The model in model.canary cannot be used; all keys go to the model in model.path.',
    'The reason says why. Check its directory with "kubesentiment model check", then reload the configuration.',
  ],
  canary_promoted: [
    'KS1353',
    'The model that was in model.canary is the one in use.',
    'Set model.path to its directory and remove model.canary: a restart or "config reload" would begin the trial anew.',
  ],
  canary_retired: ['KS1354', 'The last result of the canary is committed; its memory is free again.'],
  canary_comparison_stopped: [
    'KS1355',
    'The answers of the canary are not compared any more, because of an error. Results are not affected.',
    'A restart compares again; until then nothing notices a disagreement.',
  ],
  canary_is_current: [
    'KS1356',
    'The model in model.canary is the same as that in model.path: there is nothing to try.',
    'Remove model.canary.',
  ],
  provider_unavailable: [
    'KS1202',
    'A configured execution provider is not available; using the next one.',
    'Install an ONNX Runtime that has it, or remove it from model.execution_providers.',
  ],
  inference_failed: [
    'KS1203',
    'A batch could not be classified; it is split in two and tried again.',
    'If it happens often, check the model with "kubesentiment model check" and the memory of the process.',
  ],
  baseline_ignored: [
    'KS1205',
    'The baseline beside the model cannot be used: no drift is measured.',
    'See "reason". Record it again: [Drift](models.md#drift)',
  ],
  broker_connected: ['KS1301', 'Connected to Kafka.'],
  broker_unreachable: [
    'KS1302',
    'Kafka cannot be reached; trying again.',
    'If it goes on, check brokers, network and certificates with "kubesentiment doctor".',
  ],
  kafka_error: ['KS1303', 'Kafka reported an error.', 'See error.code; librdkafka recovers by itself.'],
  client_unpatched: [
    'KS1307',
    'exactly_once is running on a librdkafka without our patches; results can be lost or duplicated.',
    'Run "node node_modules/kubesentiment/scripts/rdkafka-patch.mjs" and set kafka.allow_unpatched to false.',
  ],
  consumers_idle: [
    'KS1306',
    'There are more consumers than partitions; some have nothing to read.',
    'Lower kafka.consumer_threads, run fewer processes, or add partitions.',
  ],
  partitions_assigned: ['KS1304', 'Partitions assigned.'],
  offsets_skipped: [
    'KS1308',
    'Requests were deleted before they were read; the partition is read on at the oldest one that is left.',
    'Compare retention.ms of the topic with the lag; kafka_offsets_skipped_total counts them. ' +
      '[Offsets skipped](troubleshooting.md#offsets-skipped)',
  ],
  partition_reset: [
    'KS1309',
    'A partition has another log: its topic was created again, or its broker has lost records.',
    'All requests of the new log are answered; what the old one had left is gone. ' +
      '[Partition reset](troubleshooting.md#partition-reset)',
  ],
  requests_held_back: [
    'KS1310',
    'Requests cannot be read: a transaction of another producer is open before them.',
    'End it: "kubesentiment transactions abort", or restart the producer that "holder" names. ' +
      '[KafkaRequestsHeldBack](runbook.md#kafkarequestsheldback)',
  ],
  offsets_held_back: [
    'KS1316',
    'Partitions cannot be started: a transaction on the offsets of the group is open.',
    'It ends after its time-out. If it does not, it hangs: "kubesentiment transactions abort", as in ' +
      '[a transaction hangs](troubleshooting.md#a-transaction-hangs)',
  ],
  batch_unreadable: [
    'KS1311',
    'A batch of messages cannot be read; its partition stands still, and nothing is skipped.',
    'The reason says what to change. [A partition stands still](troubleshooting.md#a-partition-stands-still)',
  ],
  codecs_missing: [
    'KS1312',
    'librdkafka was built without some compressions; a partition stands still at a batch that has one of them.',
    'Install the development packages (zlib1g-dev, libzstd-dev) and compile node-rdkafka again. ' +
      '[A partition stands still](troubleshooting.md#a-partition-stands-still)',
  ],
  schema_registry_away: [
    'KS1317',
    'The Schema Registry has no answer; messages wait for their schemas, and it is asked again.',
    'The reason says why. Check schema_registry.url, its user and its certificate. ' +
      '[Messages wait for a schema](troubleshooting.md#messages-wait-for-a-schema)',
  ],
  schema_registry_back: ['KS1318', 'The Schema Registry answers again.'],
  schema_refused: [
    'KS1319',
    'Messages with this schema become dead letters.',
    'The reason says why. [Messages wait for a schema](troubleshooting.md#messages-wait-for-a-schema)',
  ],
  result_schema: ['KS1320', 'Results of this topic are written with this schema.'],
  result_registry_away: [
    'KS1321',
    'The Schema Registry has no answer, and without the schema of results the service does not start; it is asked ' +
      'again for 30 s.',
    'The reason says why. Check schema_registry.url, its user and its certificate.',
  ],
  partitions_revoked: [
    'KS1305',
    'Partitions revoked.',
    'If it repeats: [KafkaConsumerRebalanceStorm](runbook.md#kafkaconsumerrebalancestorm)',
  ],
  transaction_aborted: [
    'KS1401',
    'A transaction was aborted; its records will be sent again.',
    'If it repeats: [KafkaTransactionAbortsHigh](runbook.md#kafkatransactionabortshigh)',
  ],
  dead_letter: [
    'KS1403',
    'A message could not be processed.',
    'Look at it with "kubesentiment dlq list". [KafkaConsumerErrorRateHigh](runbook.md#kafkaconsumererrorratehigh)',
  ],
  message_put_off: [
    'KS1374',
    'A message failed in a way that may pass; it waits in a retry topic for another try.',
    'Nothing to do while it is rare. If it goes on, see why: "error_type" says what failed. ' +
      '[Messages that wait](operations.md#messages-that-wait)',
  ],
  dead_letter_flood: [
    'KS1404',
    'Too many messages fail; the consumer stops.',
    'Find the cause, then restart it. [KafkaConsumerNotReady](runbook.md#kafkaconsumernotready)',
  ],
  config_reloaded: ['KS1371', 'The configuration was read again; "changed" says what is used from now on.'],
  config_rejected: [
    'KS1372',
    'The configuration was read again and cannot be used; nothing has changed.',
    '"reason" says what is wrong. "kubesentiment config check" shows the same.',
  ],
  config_needs_restart: [
    'KS1373',
    'Keys of the configuration have changed that need a restart.',
    '"keys" names them; until then their old values are used.',
  ],
  consumer_paused: [
    'KS1314',
    'An operator has paused partitions: nothing is taken from them.',
    '"kubesentiment resume" goes on. [KafkaConsumerPaused](runbook.md#kafkaconsumerpaused)',
  ],
  consumer_resumed: ['KS1315', 'An operator has let the consumer go on.'],
  ...collectorEvents,
  http_listening: ['KS1501', 'The HTTP server is listening.'],
  http_audit: ['KS1503', 'An HTTP client changed something, or tried to.'],
  offsets_reset: ['KS1313', 'The offsets of the group have been moved by hand.'],
  cluster_changed: [
    'KS1370',
    'A command has changed the cluster: topics, rights, records or transactions.',
    '"action" names the command, "changes" says what it has changed.',
  ],
  http_failed: [
    'KS1502',
    'An HTTP request failed because of a bug.',
    'Report it with the stack trace. Kafka messages are not affected.',
  ],
  log_suppressed: [
    'KS1901',
    'Repeated log lines were dropped.',
    '"of" names the event, "lines" says how many.',
  ],
  log_lost: [
    'KS1902',
    'Log lines were lost because standard error could not be written to.',
    '"lines" says how many. If standard error is a file, look at its disk.',
  ],
} as const satisfies Record<string, readonly [id: string, sentence: string, remedy?: string]>;

export type LogEvent = keyof typeof logEvents;
